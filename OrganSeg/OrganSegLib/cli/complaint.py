"""One sentence, a next step and an exit code; with Python alone, since a library may be what is missing."""

from __future__ import annotations

import sys

from ..errors import named


def complain(failure: BaseException) -> int:
    """Say on stderr what went wrong and what to do; the exit code."""
    shown = named(failure)
    lines = [f"Error [{shown.code}]: {shown.sentence}", shown.next_step]
    sys.stderr.write("".join(f"{line}\n" for line in lines if line))
    return shown.exit_code
