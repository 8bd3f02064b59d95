"""Talks to the warm child process (`worker`): starts it, runs segmentations in it, cancels, restarts."""

from __future__ import annotations

import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from . import protocol
from .child_process import POLL_SECONDS, ChildProcess, silent
from .errors import Cancelled, OrganSegError, WorkerError, from_dict
from .handover import no_space
from .model import Model
from .pipeline import Options, Segmentation
from .progress import Progress
from .protocol import Message
from .scratch import PrivateFolder, quickest
from .volume import Scan


class WorkerClient:
    """One warm child. It starts at the first call, and again after it died.

    Calls from several threads wait for each other; only `cancel` does not wait.

    Args:
        python: interpreter of the child; this one by default, ``PythonSlicer`` in Slicer.
        start_seconds: how long the child may take until it is ready.
        cancel_seconds: how long a cancelled run may take to stop by itself before the child is killed.
        silent_seconds: how long the child may give no sign of life before it is killed. Libraries that do not
            share Python's lock keep it silent for some seconds.
    """

    def __init__(
        self,
        python: Path | None = None,
        start_seconds: float = 60.0,
        cancel_seconds: float = 10.0,
        silent_seconds: float = 120.0,
    ) -> None:
        self._python = python or Path(sys.executable)
        self._start_seconds = start_seconds
        self._cancel_seconds = cancel_seconds
        self._silent_seconds = silent_seconds
        self._turn = threading.Lock()
        self._cancel = threading.Event()
        self._child: ChildProcess | None = None
        self._run = 0
        self.last_stderr: deque[str] = deque(maxlen=100)  # what the newest child printed, for debugging

    def __enter__(self) -> WorkerClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def ping(self) -> dict[str, Any]:
        """Version and process id of the child; starts it if necessary.

        Raises:
            WorkerError: ``worker.no_start``, ``worker.died``, ``worker.silent`` or ``worker.garbage``.
        """
        return self._ask(lambda run: {"id": run, "op": "ping"})

    def preload(self, model: Model, options: Options = Options()) -> dict[str, Any]:
        """Load the model's network, so that the first run does not have to.

        Raises:
            OrganSegError: as `ping`, and what loading raises.
        """
        return self._ask(
            lambda run: {"id": run, "op": "preload", "model": str(model.folder), "options": asdict(options)}
        )

    def segment(
        self, scan: Scan, model: Model, options: Options = Options(), progress: Progress = Progress()
    ) -> Segmentation:
        """As `pipeline.segment`, in the child.

        Raises:
            Cancelled: after `cancel`, or when ``progress.cancelled()`` says so.
            OrganSegError: as `ping`, what the run raises, and ``worker.no_space`` when the temporary folder
                cannot hold the voxels, ``worker.lost`` when they are gone from it.
        """
        with _private_folder() as folder:
            result = self._ask(
                lambda run: protocol.segment_request(run, model.folder, options, folder, scan), progress
            )
            return protocol.get_result(result, folder, scan)

    def cancel(self) -> None:
        """Stop the run in flight, from any thread; it raises `Cancelled` where it was called."""
        self._cancel.set()

    def close(self) -> None:
        """Let the child end; a run in flight is cancelled."""
        self._cancel.set()
        with self._turn:
            if self._child:
                self._child.close()
                self._child = None

    def _ask(self, request: Callable[[int], Message], progress: Progress = Progress()) -> Message:
        with self._turn:
            self._cancel.clear()
            self._run += 1
            child = self._running_child(progress)
            try:
                child.send(request(self._run))
                return self._answer(child, self._run, progress)
            except OrganSegError as error:
                if isinstance(error, WorkerError):
                    self._drop()
                raise
            except BaseException:  # the caller's listener, or Ctrl-C: the child must not go on unheard
                self._drop()
                raise

    def _running_child(self, progress: Progress) -> ChildProcess:
        if self._child and not self._child.alive:
            self._drop()
        if self._child is None:
            self.last_stderr = deque(maxlen=100)
            child = ChildProcess(self._python, self.last_stderr)
            try:
                child.wait_until_ready(self._start_seconds, lambda: self._is_cancelled(progress))
            except BaseException:
                child.kill()
                raise
            self._child = child
        return self._child

    def _drop(self) -> None:
        if self._child:
            self._child.kill()
            self._child = None

    def _is_cancelled(self, progress: Progress) -> bool:
        return self._cancel.is_set() or progress.cancelled()

    def _answer(self, child: ChildProcess, run: int, progress: Progress) -> Message:
        """Wait for the end of a run, pass its progress on, and stop it when asked to."""
        uncancelled = replace(progress, cancelled=lambda: False)
        asked_at: float | None = None
        while True:
            event = child.next_event(POLL_SECONDS) or {}
            self._require_life(child)
            kind = event["event"] if event.get("id") == run else None
            if kind == "progress":
                uncancelled.report(event["stage"], event["fraction"])
            elif kind == "done":
                return dict(event["result"])
            elif kind == "error":
                raise from_dict(event["error"])
            if asked_at is None and self._is_cancelled(progress):
                child.send({"id": run, "op": "cancel"})
                asked_at = time.monotonic()
            if asked_at is not None and time.monotonic() - asked_at > self._cancel_seconds:
                self._drop()
                raise Cancelled

    def _require_life(self, child: ChildProcess) -> None:
        """Ask a silent child whether it lives; it answers in the midst of its work."""
        most = max(2, int(self._silent_seconds / POLL_SECONDS))
        if child.silent_polls > most:
            raise silent()
        if child.silent_polls and child.silent_polls % max(1, most // 4) == 0:
            child.send({"op": "ping"})


@contextmanager
def _private_folder() -> Iterator[Path]:
    try:
        folder = PrivateFolder(quickest())
    except OSError as error:
        raise no_space() from error
    with folder as path:
        yield path
