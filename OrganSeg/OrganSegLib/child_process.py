"""One child process that runs `worker`: its pipes, its last words, its end. `client` decides what it does."""

from __future__ import annotations

import contextlib
import os
import queue
import re
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from .errors import Cancelled, WorkerError
from .protocol import Decoder, Message, check_event, encode, garbage

GOODBYE_SECONDS = 5.0
POLL_SECONDS = 0.05  # how soon a cancel is seen
BAD_PYTHON = re.compile(r"(Import|ModuleNotFound|Syntax)Error: ")
LONGEST_PRINTED = 2**12  # bytes of a line that are kept together


class ChildProcess:
    """Starts at once; speaks in messages.

    Args:
        python: interpreter to run.
        last_stderr: receives the lines that the child prints, for debugging.

    Raises:
        WorkerError: ``worker.no_start`` when there is no such program.
    """

    def __init__(self, python: Path, last_stderr: deque[str]) -> None:
        try:
            self._process = subprocess.Popen(
                [str(python), "-m", f"{__package__}.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=_environment(),
                **_OWN_GROUP,
            )
        except OSError as error:
            raise no_start(error.strerror or "there is no such program") from error
        self._stdin: IO[bytes] = self._process.stdin  # type: ignore[assignment]  # pipes, as asked for
        self._stdout: IO[bytes] = self._process.stdout  # type: ignore[assignment]
        self._stderr: IO[bytes] = self._process.stderr  # type: ignore[assignment]
        self._printed = last_stderr
        self.silent_polls = 0  # counted and not timed, since a laptop may sleep
        self._events: queue.Queue[Message | WorkerError] = queue.Queue()
        self._readers = [
            threading.Thread(target=self._read_events, daemon=True),
            threading.Thread(target=self._read_lines, daemon=True),
        ]
        for reader in self._readers:
            reader.start()

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def wait_until_ready(self, seconds: float, cancelled: Callable[[], bool]) -> None:
        """Return when the child listens.

        Raises:
            Cancelled: when ``cancelled()`` says so.
            WorkerError: ``worker.no_start`` when it does not within ``seconds``, ``worker.garbage``.
        """
        try:
            event = None
            end = time.monotonic() + seconds
            while event is None and time.monotonic() < end:
                event = self.next_event(POLL_SECONDS)
                if cancelled():
                    raise Cancelled
        except WorkerError as error:
            if error.code == "worker.died":
                raise no_start(self._why_it_ended()) from error
            raise
        if event is None:
            raise no_start(f"it was not ready within {seconds:g} seconds")
        if event["event"] != "ready":
            raise garbage()

    def send(self, message: Message) -> None:
        """Raises: WorkerError: ``worker.died``."""
        try:
            self._stdin.write(encode(message))
            self._stdin.flush()
        except OSError as error:
            raise died() from error

    def next_event(self, seconds: float) -> Message | None:
        """The next event, or None when there was none within ``seconds``.

        Raises:
            WorkerError: ``worker.died`` or ``worker.garbage``.
        """
        try:
            event = self._events.get(timeout=seconds)
        except queue.Empty:
            self.silent_polls += 1
            return None
        self.silent_polls = 0
        if isinstance(event, WorkerError):
            raise event
        return event

    def close(self) -> None:
        """Close its input, which tells it to end, and kill it if it does not."""
        with contextlib.suppress(OSError):  # what it did not read any more does not matter
            self._stdin.close()
        end = time.monotonic() + GOODBYE_SECONDS
        while self.alive and time.monotonic() < end:
            time.sleep(0.01)
        self.kill()

    def kill(self) -> None:
        """End it and everything that it started; what a broken drive holds fast is left to the system."""
        if self.alive:
            _kill_tree(self._process)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(GOODBYE_SECONDS)
        with contextlib.suppress(OSError):
            self._stdin.close()
        for reader, pipe in zip(self._readers, (self._stdout, self._stderr), strict=True):
            reader.join(GOODBYE_SECONDS)
            if not reader.is_alive():  # closing would wait for it
                pipe.close()

    def _why_it_ended(self) -> str:
        """With Python's own word where that helps: it is too old, or lacks what OrganSeg needs."""
        self._readers[1].join(GOODBYE_SECONDS)
        last = self._printed[-1] if self._printed else ""
        return "it ended at once" + (f" ({last})" if BAD_PYTHON.match(last) else "")

    def _read_events(self) -> None:
        decoder = Decoder()
        try:
            while data := os.read(self._stdout.fileno(), 65536):
                for event in decoder.feed(data):
                    self._events.put(check_event(event))
            self._events.put(died())
        except WorkerError as error:
            self._events.put(error)
        except MemoryError:  # whoever waits for events would wait in vain
            self._events.put(died())

    def _read_lines(self) -> None:
        while line := self._stderr.readline(LONGEST_PRINTED):
            self._printed.append(line.decode("utf-8", "replace").rstrip())


def _environment() -> dict[str, str]:
    """This one's, with the folder of this library on the path, since another Python may run it.

    The working folder is kept off the path: a file of the user named ``random.py`` must not be imported.
    """
    library = str(Path(__file__).resolve().parents[1])
    path = os.pathsep.join(filter(None, (library, os.environ.get("PYTHONPATH"))))
    return {**os.environ, "PYTHONPATH": path, "PYTHONSAFEPATH": "1"}


if sys.platform == "win32":  # pragma: no cover
    _OWN_GROUP: dict[str, Any] = {"creationflags": subprocess.CREATE_NO_WINDOW}
    # By its place: Windows looks into the working folder first, where a study may lie.
    TASKKILL = str(Path(os.environ["SYSTEMROOT"], "System32", "taskkill.exe"))

    def _kill_tree(process: subprocess.Popen[bytes]) -> None:
        subprocess.run(
            [TASKKILL, "/F", "/T", "/PID", str(process.pid)],
            capture_output=True,
            check=False,  # it may have ended by itself meanwhile
            creationflags=subprocess.CREATE_NO_WINDOW,
        )
else:
    _OWN_GROUP: dict[str, Any] = {"start_new_session": True}  # Ctrl-C reaches the client only

    def _kill_tree(process: subprocess.Popen[bytes]) -> None:
        os.killpg(process.pid, signal.SIGKILL)


def no_start(reason: str) -> WorkerError:
    """The child does not run, because of ``reason``."""
    return WorkerError(
        "worker.no_start",
        f"The background process could not be started: {reason}.",
        "Try again. If it happens again, install OrganSeg again.",
    )


def silent() -> WorkerError:
    """The child lives, and does not answer."""
    return WorkerError(
        "worker.silent",
        "The background process did not answer any longer and was ended; no result was written.",
        "Try again. If it happens again, the computer may be overloaded, or a drive may not answer.",
    )


def died() -> WorkerError:
    """The child ran, and is gone."""
    return WorkerError(
        "worker.died",
        "The background process ended unexpectedly; no result was written.",
        "Try again. If it happens again, the computer may have too little memory for this scan.",
    )
