"""Files that somebody else changes while they are read: a study that is still being copied, or taken away."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from ..errors import InputError

States = Mapping[str, tuple[int, int] | None]


def states(files: Iterable[str | Path]) -> States:
    """Size in bytes and time of the last change of each file, None where it is gone."""
    return {str(file): _state(Path(file)) for file in files}


@contextmanager
def unchanged(before: States) -> Iterator[None]:
    """For a block that reads files whose states were taken before anything of them was read.

    Raises:
        InputError: ``input.changed``, whatever else the block made of it.
    """
    try:
        yield
    except InputError as problem:
        _require(before, problem)
        raise
    _require(before)


def _require(before: States, cause: Exception | None = None) -> None:
    if states(before) != before:
        raise InputError(
            "input.changed",
            "The study was changed while it was read.",
            "Wait until it is copied completely and nobody works on it, then try again.",
        ) from cause


def _state(file: Path) -> tuple[int, int] | None:
    try:
        facts = file.stat()
    except OSError:
        return None
    return facts.st_size, facts.st_mtime_ns
