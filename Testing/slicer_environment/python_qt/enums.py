"""Enum values that are integers, as in PythonQt: ``process.state() == 0``."""

from __future__ import annotations

import enum
from collections.abc import Iterable


def _number(value: object) -> object:
    return value.value if isinstance(value, enum.Enum) else value


def _equal(self: enum.Enum, other: object) -> bool:
    return bool(self.value == _number(other))


def _hash(self: enum.Enum) -> int:
    return hash(self.value)


def _integer(self: enum.Enum) -> int:
    return int(self.value)


def make_enums_integers(classes: Iterable[type]) -> None:
    """Let the enums inside ``classes`` compare, hash and convert as the integers that they are in C++."""
    for cls in classes:
        for kind in vars(cls).values():
            if isinstance(kind, enum.EnumMeta) and not issubclass(kind, int):
                for name, method in (
                    ("__eq__", _equal),
                    ("__hash__", _hash),
                    ("__int__", _integer),
                    ("__index__", _integer),
                ):
                    setattr(kind, name, method)
