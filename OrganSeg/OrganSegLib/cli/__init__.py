"""The command line, ``organseg``. Heavy libraries are imported by the command that needs them."""

import os
import signal
import sys

from ..heap import keep_freed
from .complaint import complain
from .interruption import interrupt_between_imports

try:
    from . import later, models, proximity, public, report, view  # noqa: F401 (add their commands)
    from .commands import app
except (KeyboardInterrupt, ImportError) as error:  # nothing was begun
    sys.exit(complain(error))


def main() -> None:
    """Run the command line and exit with its code.

    A polite request to end (SIGTERM, from a job scheduler or a shutdown) tidies up as Ctrl-C does.
    """
    interrupt_between_imports()
    keep_freed()
    try:
        app(prog_name="organseg")
    except SystemExit as end:
        sys.exit(_flushed(end.code))
    except (KeyboardInterrupt, OSError) as error:  # before a command began, or of --help
        sys.exit(_flushed(complain(error)))
    finally:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # all is tidied up: Python need not complain either


def _flushed(code: str | int | None) -> str | int | None:
    """The exit code, once all output is out: what is still buffered may find the disk full."""
    try:
        sys.stdout.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # Python flushes once more
        return code or (1 if isinstance(error, BrokenPipeError) else complain(error))
    return code
