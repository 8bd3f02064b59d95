"""Exceptions that nobody catches, because Qt or VTK called: printed and forgotten, unless one listens."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType


@contextmanager
def uncaught_exceptions() -> Iterator[list[BaseException]]:
    """Collects what slots and observers raise in the meantime; it is printed as before."""
    raised: list[BaseException] = []
    before = sys.excepthook

    def remember(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        raised.append(error)
        before(kind, error, trace)

    sys.excepthook = remember
    try:
        yield raised
    finally:
        sys.excepthook = before
