"""The commands as a process: how it ends, whatever happens."""

from __future__ import annotations

import os
import signal
import sys
from typing import NoReturn

from ..heap import keep_freed
from .answered import some_left_behind
from .complaint import complain


def run_commands() -> None:
    """Do what the command line says and exit with its code."""
    try:
        from .all_commands import app  # here, since a library may be missing

        keep_freed()
        app(prog_name="organseg")
    except SystemExit as end:
        _end(_flushed(end.code))
    except (KeyboardInterrupt, ImportError, OSError) as error:  # before a command began, or of --help
        _end(_flushed(complain(error)))
    finally:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # all is tidied up: Python need not complain either


def _end(code: str | int | None) -> NoReturn:
    """Exit with ``code``; at once where a thread was left behind.

    A compiled library in such a thread would end the process with a signal when Python takes the thread away.
    """
    if some_left_behind():
        os._exit(code if isinstance(code, int) else int(code is not None))
    sys.exit(code)


def _flushed(code: str | int | None) -> str | int | None:
    """The exit code, once all output is out: what is still buffered may find the disk full."""
    try:
        sys.stdout.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # Python flushes once more
        return code or (1 if isinstance(error, BrokenPipeError) else complain(error))
    return code
