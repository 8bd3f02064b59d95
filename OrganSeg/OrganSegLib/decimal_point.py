"""Numbers in text headers have a decimal point, whatever the language of the computer."""

from __future__ import annotations

import locale
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def decimal_point() -> Iterator[None]:
    """For a block in which ITK reads or writes a header of numbers.

    Python leaves C's numbers alone; Qt sets them to the user's language, and ITK's NRRD then has "0,5".
    """
    before = locale.setlocale(locale.LC_NUMERIC)
    locale.setlocale(locale.LC_NUMERIC, "C")
    try:
        yield
    finally:
        locale.setlocale(locale.LC_NUMERIC, before)
