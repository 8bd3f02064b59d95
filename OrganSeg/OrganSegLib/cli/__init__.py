"""The command line, ``organseg``. Heavy libraries are imported by the command that needs them."""

import signal

from . import later, models, proximity, report, view  # noqa: F401 (add their commands)
from .commands import app


def main() -> None:
    """Run the command line and exit with its code.

    A polite request to end (SIGTERM, from a job scheduler or a shutdown) tidies up as Ctrl-C does.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    app(prog_name="organseg")
