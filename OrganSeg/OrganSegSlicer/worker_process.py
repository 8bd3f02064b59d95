"""The warm worker behind Qt's event loop: nothing here waits for it while it works."""

import os
import shutil
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import OrganSegLib
import qt
from OrganSegLib.child_process import died, no_start
from OrganSegLib.errors import OrganSegError, WorkerError, from_dict
from OrganSegLib.protocol import Decoder, Message, check_event, encode
from slicer.i18n import tr as _

START_MS = 60_000
END_MS = 3_000
# -P keeps files of the user, in whatever folder Slicer was started, from being imported.
PROGRAM = "import sys; sys.path.insert(0, sys.argv[1]); from OrganSegLib.worker import main; main()"


@dataclass(frozen=True)
class Listener:
    """Who wants to know about a request: progress in words and as a fraction, then one of the others."""

    progress: Callable[[str, float], None]
    done: Callable[[Message], None]
    failed: Callable[[OrganSegError], None]


class WorkerProcess:
    """One child, started at once; it takes one request at a time and stays warm for the next.

    Args:
        log: called with each line that the child prints.
    """

    def __init__(self, log: Callable[[str], None]) -> None:
        self.alive = True
        self._log = log
        self._decoder = Decoder()
        self._listener: Listener | None = None
        self._waiting: Message | None = None
        self._error: OrganSegError | None = None
        self.pid = 0  # of the Python that works, which Slicer's launcher starts
        self._deadline = qt.QTimer()
        self._deadline.setSingleShot(True)
        self._deadline.connect("timeout()", self._on_late)
        self._process = qt.QProcess()
        self._process.connect("readyReadStandardOutput()", self._on_output)
        self._process.connect("readyReadStandardError()", self._on_print)
        self._process.connect("errorOccurred(QProcess::ProcessError)", self._on_error)
        self._process.connect("finished(int,QProcess::ExitStatus)", self._on_finished)
        self._deadline.start(START_MS)
        library = str(Path(OrganSegLib.__file__).resolve().parents[1])
        self._process.start(python_executable(), ["-P", "-c", PROGRAM, library])

    def ask(self, request: Message, listener: Listener) -> None:
        """Send a request, as soon as the child listens."""
        if self._error is not None:  # some systems refuse to start a process at once
            error = self._error
            qt.QTimer.singleShot(0, lambda: listener.failed(error))
            return
        self._listener = listener
        self._waiting = request
        self._send()

    def kill(self) -> None:
        """End it at once; nobody hears of a request in flight."""
        self._listener = None
        self._deadline.stop()
        if not self.alive:
            return
        self.alive = False
        _end(self.pid)
        self._process.kill()
        self._process.waitForFinished(END_MS)

    def _send(self) -> None:
        if self.pid and self._waiting is not None:
            self._process.write(encode(self._waiting))
            self._waiting = None

    def _on_output(self) -> None:
        data = bytes(self._process.readAllStandardOutput().data())
        try:
            for event in self._decoder.feed(data) if self.alive else ():
                self._take(check_event(event))
        except WorkerError as error:
            self._fail(error)

    def _take(self, event: Message) -> None:
        kind, listener = event["event"], self._listener
        if kind == "ready":
            self._deadline.stop()
            self.pid = int(event["pid"])
            self._send()
        elif kind == "error" and event["id"] is None:
            self._fail(from_dict(event["error"]))
        elif listener is not None and kind == "progress":
            listener.progress(event["stage"], event["fraction"])
        elif listener is not None:
            self._listener = None
            if kind == "done":
                listener.done(event["result"])
            else:
                listener.failed(from_dict(event["error"]))

    def _on_print(self) -> None:
        text = bytes(self._process.readAllStandardError().data()).decode("utf-8", "replace")
        for line in text.splitlines():
            self._log(line)

    def _on_late(self) -> None:
        self._fail(no_start(_("it was not ready within {seconds} seconds").format(seconds=START_MS // 1000)))

    def _on_error(self, error) -> None:
        if error == qt.QProcess.FailedToStart:
            self._fail(no_start(_("there is no Python to run it")))

    def _on_finished(self, _code: int, _status) -> None:
        if self.alive:
            self.alive = False
            self._fail(died() if self.pid else no_start(_("it ended at once")))

    def _fail(self, error: OrganSegError) -> None:
        listener, self._error = self._listener, error
        self.kill()
        if listener is not None:
            listener.failed(error)


def python_executable() -> str:
    """Slicer's Python; in an application without a launcher, the interpreter that it embeds."""
    here = sys.executable if "python" in Path(sys.executable or "").name.lower() else None
    found = shutil.which("PythonSlicer") or here or shutil.which("python3", path=f"{sys.prefix}/bin")
    return found or "PythonSlicer"


def _end(pid: int) -> None:
    """Slicer's launcher does not pass a kill on, so the process that works is ended by its own id."""
    if pid:
        try:
            os.kill(pid, getattr(signal, "SIGKILL", signal.SIGTERM))
        except OSError:
            return  # it ended by itself; Windows has no error of its own for that
