"""Values made again from plain ones, as JSON has them; what a stranger edited is refused, not believed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import fields, is_dataclass
from types import NoneType, UnionType
from typing import Any, Literal, Union, cast, get_args, get_origin, get_type_hints


def built(kind: Any, plain: Any) -> Any:
    """The inverse of `dataclasses.asdict` for one type; keys that it does not know are left alone.

    Args:
        kind: a dataclass, ``str``, ``int``, ``float`` (finite), ``bool``, or `Literal`, unions, tuples and
            dictionaries of these.
        plain: what `json` read.

    Raises:
        KeyError: something is missing.
        ValueError: something is of another type.
    """
    origin, parts = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        return _one_of(parts, plain)
    if is_dataclass(kind) and isinstance(plain, Mapping):
        types = get_type_hints(kind)
        values = {field.name: built(types[field.name], plain[field.name]) for field in fields(kind)}
        return cast(type, kind)(**values)
    if origin is dict and isinstance(plain, Mapping):
        return {built(parts[0], key): built(parts[1], value) for key, value in plain.items()}
    if origin is tuple and isinstance(plain, list | tuple):
        each = [parts[0]] * len(plain) if parts[-1] is Ellipsis else parts
        return tuple(built(part, value) for part, value in zip(each, plain, strict=True))
    if _is(kind, origin, parts, plain):
        return plain
    raise ValueError(f"{type(plain).__name__} where {kind} was expected")


def _one_of(kinds: tuple[Any, ...], plain: Any) -> Any:
    for kind in kinds:
        with suppress(KeyError, ValueError):
            return built(kind, plain)
    raise ValueError(f"{type(plain).__name__} where one of {kinds} was expected")


def _is(kind: Any, origin: Any, parts: tuple[Any, ...], plain: Any) -> bool:
    if origin is Literal:
        return plain in parts
    if isinstance(plain, bool) or kind is bool:
        return isinstance(plain, bool) and kind is bool
    if kind is float:
        return isinstance(plain, int | float) and math.isfinite(plain)
    return kind in (str, int, NoneType) and isinstance(plain, kind)
