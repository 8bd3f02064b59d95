"""Ctrl-C and SIGTERM end a training after the iteration that runs."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

SIGNALS = (signal.SIGINT, signal.SIGTERM)


def leave_to_parent(_: int) -> None:
    """Let a data worker go on when a signal comes to all processes: the parent still needs its batch."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)


@contextmanager
def asked_to_stop() -> Iterator[list[int]]:
    """A list that is empty until a signal comes; a second signal has its usual effect.

    Python hands signals to the main thread only; elsewhere the list stays empty.
    """
    received: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield received
        return
    before = {number: signal.getsignal(number) for number in SIGNALS}

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    def receive(number: int, _: object) -> None:
        received.append(number)
        restore()

    for number in SIGNALS:
        signal.signal(number, receive)
    try:
        yield received
    finally:
        restore()
