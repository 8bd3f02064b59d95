"""Ctrl-C and a polite request to end (SIGTERM) wait until no library is being loaded.

A compiled library that is interrupted while it is loaded complains of something else (NumPy's C interface: an
`ImportError`), or ends the process (VTK: a segmentation fault). Where Python cannot hand an interruption on,
as in a destructor, it would print it and go on.
"""

from __future__ import annotations

import _thread
import os
import signal
import sys
import threading
from types import FrameType

PAUSE_SECONDS = 0.05
IMPORT_SYSTEM = "<frozen importlib._bootstrap>"

_waiting: set[int] = set()


def interrupt_between_imports() -> None:
    """From now on both raise `KeyboardInterrupt` in the main thread, but not in the midst of an import.

    One that Python could not hand on is sent again. A process that was started deaf to one of them stays so.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _interrupt)
    sys.unraisablehook = _unraisable


def _interrupt(number: int, frame: FrameType | None) -> None:
    if not _is_importing(frame):
        raise KeyboardInterrupt
    _put_off(number)


def _unraisable(found: sys.UnraisableHookArgs) -> None:
    if found.exc_type is KeyboardInterrupt:
        _put_off(signal.SIGINT)
    else:
        sys.__unraisablehook__(found)


def _put_off(number: int) -> None:
    if number not in _waiting:
        _waiting.add(number)
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
    _waiting.discard(number)
    if os.name == "posix":  # wakes a main thread that waits
        os.kill(os.getpid(), number)
    else:  # where that would end the process at once
        _thread.interrupt_main(number)
