"""A process of its own for work that may be poisonous, under limits of time and memory (POSIX)."""

from __future__ import annotations

import multiprocessing
import os
import sys
import tempfile
import traceback
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from OrganSegLib.errors import OrganSegError

SECONDS = 30.0
MEMORY_BYTES = 2 * 2**30
MOST_PRINTED = 2000


@dataclass(frozen=True)
class Outcome:
    """How the work ended.

    Attributes:
        value: what was returned, unless one of the next two is set.
        error: code, sentence and next step of a named error.
        fault: what must never happen: a traceback, a hang, a dead process.
        printed: what went to standard output and error.
    """

    value: Any = None
    error: dict[str, str] | None = None
    fault: str = ""
    printed: str = ""


class Sandbox:
    """A child process that lives from one piece of work to the next, and is replaced when it hung or died.

    Args:
        folder: a place for temporary files; the child's own go to its subfolder ``temporary``.
        seconds: time limit of each piece of work.
    """

    def __init__(self, folder: Path, seconds: float = SECONDS) -> None:
        self.folder, self.seconds = folder, seconds
        self._temporary, self._log = folder / "temporary", folder / "printed"
        self._temporary.mkdir()
        self._log.touch()
        self._child: Any = None

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def run(self, work: Callable[..., object], *arguments: object) -> Outcome:
        """Call ``work``, a function at the top of a module."""
        if self._child is None:
            self._start()
        os.truncate(self._log, 0)
        try:
            self._pipe.send((work, arguments))
            in_time = self._pipe.poll(self.seconds)
            fault = f"it took more than {self.seconds:.0f} s"
            outcome: Outcome = self._pipe.recv() if in_time else Outcome(fault=fault)
        except (EOFError, ConnectionError):
            self._child.join()
            outcome = Outcome(fault=f"the process died with exit code {self._child.exitcode}")
        if outcome.fault:
            self._stop()
        return replace(outcome, printed=self._log.read_text(errors="replace")[:MOST_PRINTED])

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._child = context.Process(target=_serve, args=(theirs, self._temporary, self._log), daemon=True)
        self._child.start()
        theirs.close()

    def _stop(self) -> None:
        if self._child is not None:
            self._child.kill()
            self._child.join()
            self._pipe.close()
            self._child = None


def _serve(pipe: Connection, temporary: Path, log: Path) -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    tempfile.tempdir = str(temporary)
    warnings.simplefilter("always")  # not only for the first case that deserves one
    sink = os.open(log, os.O_WRONLY | os.O_APPEND)
    os.dup2(sink, 1)
    os.dup2(sink, 2)
    while True:
        try:
            work, arguments = pipe.recv()
        except EOFError:
            return
        outcome = _outcome(work, arguments)
        sys.stdout.flush()  # a file's buffer is kept otherwise
        pipe.send(outcome)


def _outcome(work: Callable[..., object], arguments: tuple[object, ...]) -> Outcome:
    try:
        return Outcome(work(*arguments))
    except OrganSegError as error:
        return Outcome(error=error.to_dict())
    except Exception:  # noqa: BLE001 anything else is what the fuzzing looks for
        return Outcome(fault=traceback.format_exc())
