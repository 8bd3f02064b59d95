"""The warm child process: ``python -m OrganSegLib.worker``. It speaks `protocol` on stdin and stdout.

It keeps models and compiled graphs between runs, so a second click costs no start-up. It ends on
``shutdown``, when its input ends, when its parent is gone, or when nobody asked anything for a while.
"""

from __future__ import annotations

import io
import os
import queue
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import __version__, protocol
from .errors import OrganSegError, WorkerError, named, whereabouts
from .heap import give_back, keep_freed
from .progress import Progress
from .protocol import Message
from .scratch import remove_abandoned

if TYPE_CHECKING:
    from .errands.distances import Measuring

IDLE_SECONDS = 15 * 60.0
KEEP_SECONDS = 60.0  # after this long without a request others may want the memory


def serve(requests: io.RawIOBase, events: io.RawIOBase, idle_seconds: float = IDLE_SECONDS) -> None:
    """Answer requests, one after the other, until there is a reason to end.

    Args:
        requests: unbuffered, so that a read returns as soon as something is there.
        events: unbuffered, so that answers and progress go out at once.
        idle_seconds: ends when no request came for so long.
    """
    _Desk(events).work(requests, idle_seconds)


class _Desk:
    """Takes requests in one thread and works on them in another, so that a run can be cancelled."""

    def __init__(self, events: io.RawIOBase) -> None:
        self._events = events
        self._speaking = threading.Lock()
        self._waiting: queue.Queue[Message | None] = queue.Queue()
        self._cancelled: set[int | None] = set()
        self._ended = threading.Event()
        self._measuring: Measuring | None = None  # of distances

    def work(self, requests: io.RawIOBase, idle_seconds: float) -> None:
        threading.Thread(target=self._listen, args=(requests,), daemon=True).start()
        threading.Thread(target=self._watch_parent, args=(os.getppid(),), daemon=True).start()
        self._say(event="ready", version=__version__, pid=os.getpid())
        while request := self._next(idle_seconds):
            self._answer(request)
        self._ended.set()

    def _next(self, idle_seconds: float) -> Message | None:
        for seconds in (min(KEEP_SECONDS, idle_seconds), idle_seconds - KEEP_SECONDS):
            try:
                return self._waiting.get(timeout=max(seconds, 0))
            except queue.Empty:
                give_back()
        return None

    def _listen(self, requests: io.RawIOBase) -> None:
        decoder = protocol.Decoder()
        try:
            while not self._ended.is_set() and (data := requests.read(65536)):
                for request in decoder.feed(data):
                    self._take(request)
        except WorkerError as error:
            self._say(event="error", id=None, error=error.to_dict())
        finally:
            self._end()

    def _take(self, request: Message) -> None:
        operation = request.get("op")
        if operation == "ping":
            self._say(event="done", id=request.get("id"), result={"version": __version__, "pid": os.getpid()})
        elif operation == "cancel":
            self._cancelled.add(request.get("id"))
        elif operation == "shutdown":
            self._end()
        else:
            self._waiting.put(request)

    def _end(self) -> None:
        self._ended.set()  # cancels what runs
        self._waiting.put(None)

    def _watch_parent(self, parent: int) -> None:
        """End when the parent is gone, even if somebody else inherited the other end of our input."""
        while not self._ended.wait(1.0):
            if os.getppid() != parent:
                self._end()

    def _answer(self, request: Message) -> None:
        run = request.get("id")
        try:
            self._say(event="done", id=run, result=self._do(request))
        except OrganSegError as error:
            self._say(event="error", id=run, error=error.to_dict())
        except Exception as error:  # noqa: BLE001 - told to the client, which goes on
            sys.stderr.write(whereabouts(error))
            self._say(event="error", id=run, error=named(error).to_dict())
        if self._ended.is_set() and (folder := request.get("folder")):
            protocol.discard(Path(folder))  # nobody is left who would remove the patient's voxels

    def _do(self, request: Message) -> Message:
        doing = {
            "preload": self._preload,
            "segment": self._segment,
            "distances": self._distances,
            "write": self._write,
            "models": self._models,
        }
        if request.get("op") not in doing:
            raise WorkerError("worker.bad_request", "The background process was asked for something unknown.")
        return doing[request["op"]](request)

    def _preload(self, request: Message) -> Message:
        from .model import load_model
        from .pipeline import preload

        return dict(preload(load_model(request["model"]), protocol.options_of(request["options"])))

    def _segment(self, request: Message) -> Message:
        from .model import load_model
        from .pipeline import segment

        model = load_model(request["model"])
        folder = Path(request["folder"])
        scan = protocol.get_scan(request["scan"], folder)
        options = protocol.options_of(request["options"])
        return protocol.put_result(segment(scan, model, options, self._progress(request["id"])), folder)

    def _distances(self, request: Message) -> Message:
        from .errands.distances import Measuring

        self._measuring = self._measuring or Measuring()
        return self._measuring.answer(request)

    def _write(self, request: Message) -> Message:
        from .errands.files import write

        return write(request, self._progress(request["id"]))

    def _models(self, request: Message) -> Message:
        from .errands.models import manage

        return manage(request, self._progress(request["id"]))

    def _progress(self, run: int) -> Progress:
        return Progress(
            listener=lambda stage, fraction: self._say(
                event="progress", id=run, stage=stage, fraction=fraction
            ),
            cancelled=lambda: run in self._cancelled or self._ended.is_set(),
        )

    def _say(self, **event: Any) -> None:
        line = protocol.encode(event)
        try:
            with self._speaking:
                self._events.write(line)
        except BrokenPipeError:
            self._end()  # nobody listens any longer


def main() -> None:
    """Serve on the process's own pipes; whatever a library prints goes to stderr instead."""
    requests = io.FileIO(os.dup(0))
    events = io.FileIO(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    keep_freed()
    remove_abandoned()
    serve(requests, events)


if __name__ == "__main__":
    main()
