"""Ctrl-C and a polite request to end (SIGTERM) wait until no library is being loaded.

A compiled library that is interrupted while it is loaded complains of something else (NumPy's C interface: an
`ImportError`), or ends the process (VTK: a segmentation fault).
"""

from __future__ import annotations

import _thread
import os
import signal
import threading
from types import FrameType

PAUSE_SECONDS = 0.05
IMPORT_SYSTEM = "<frozen importlib._bootstrap>"

_put_off: set[int] = set()


def interrupt_between_imports() -> None:
    """From now on both raise `KeyboardInterrupt` in the main thread, but not in the midst of an import.

    A process that was started deaf to one of them stays so.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _interrupt)


def _interrupt(number: int, frame: FrameType | None) -> None:
    if not _is_importing(frame):
        raise KeyboardInterrupt
    if number not in _put_off:
        _put_off.add(number)
        timer = threading.Timer(PAUSE_SECONDS, _again, [number])
        timer.daemon = True
        timer.start()


def _is_importing(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code.co_filename == IMPORT_SYSTEM:
            return True
        frame = frame.f_back
    return False


def _again(number: signal.Signals) -> None:
    _put_off.discard(number)
    if os.name == "posix":  # wakes a main thread that waits
        os.kill(os.getpid(), number)
    else:  # where that would end the process at once
        _thread.interrupt_main(number)
