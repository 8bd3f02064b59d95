"""Work on files that a drive may never deliver: it ends with a sentence, and Ctrl-C ends it at once."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from pathlib import Path
from typing import NamedTuple, TypeVar

from ..errors import FAMILIES, OrganSegError

POLL_SECONDS = 1.0
MOST_IDLE_POLLS = 120  # counted and not timed, since a laptop may sleep
IDLE_SHARE = 0.05  # of the time: some drivers look now and then whether their drive is back

NAME = "waits for a drive"  # of the threads

T = TypeVar("T")


def answered(path: Path | str, work: Callable[[], T], family: str = "input") -> T:
    """What ``work`` returns or raises, as long as the drive that it waits for gives signs of life.

    Nothing ends a system call that waits for a drive that is gone, so ``work`` runs in a thread, which is
    left behind once it has read nothing and computed next to nothing for two minutes. So a drive that is only
    slow is waited for. Only Linux tells what a thread does; elsewhere, the system's own limits must do.

    Args:
        path: what the user named; it is told.
        work: only reads, or tries whether something can be written.
        family: of the error's code.

    Raises:
        OrganSegError: ``input.stalled``, or with another ``family``; besides what ``work`` raises.
    """
    done = Future[T]()
    thread = threading.Thread(target=_do, args=(work, done), name=NAME, daemon=True)
    before: _Signs | None = None
    idle, stderr = 0, os.dup(2)
    try:
        thread.start()
        while not wait([done], POLL_SECONDS).done:
            now = _signs(thread)
            idle = idle + 1 if before and now and now.idle_since(before) else 0
            before = now
            if idle >= MOST_IDLE_POLLS:
                raise _stalled(path, idle * POLL_SECONDS, family)
    except BaseException:
        os.dup2(stderr, 2)  # the thread may have been silencing a library when it stood still
        raise
    finally:
        os.close(stderr)
    return done.result()


def some_left_behind() -> bool:
    """Whether such a thread is still there."""
    return any(thread.name == NAME for thread in threading.enumerate())


def _do(work: Callable[[], T], done: Future[T]) -> None:
    try:
        done.set_result(work())
    except BaseException as error:  # noqa: BLE001 - raised where it is waited for
        done.set_exception(error)


class _Signs(NamedTuple):
    """What a thread has read so far, and its seconds on a processor: proc(5)."""

    read: str
    seconds: float

    def idle_since(self, before: _Signs) -> bool:
        return self.read == before.read and self.seconds - before.seconds < IDLE_SHARE * POLL_SECONDS


def _signs(thread: threading.Thread) -> _Signs | None:
    """Of a living thread; None where nobody tells."""
    facts = Path(f"/proc/self/task/{thread.native_id}")
    try:
        return _Signs((facts / "io").read_text(), int((facts / "schedstat").read_text().split()[0]) / 1e9)
    except OSError:
        return None


def _stalled(path: Path | str, seconds: float, family: str) -> OrganSegError:
    return FAMILIES[family](
        f"{family}.stalled",
        f"'{path}' cannot be used: its drive has not answered for {seconds:.0f} seconds.",
        "Check the drive or its network, or copy everything to this computer, and try again.",
    )
