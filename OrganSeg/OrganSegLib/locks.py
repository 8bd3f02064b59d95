"""Files that one process at a time holds. The system lets go of them when it ends, however it ends."""

from __future__ import annotations

import errno
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

POLL_SECONDS = 0.05
# What drives say that know no locks: NFS without its lock service, SMB on a Mac.
NO_LOCKS = {errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS}


class Busy(Exception):
    """Another process, or another thread, holds the file."""


@contextmanager
def held(path: Path, seconds: float = 0.0) -> Iterator[bool]:
    """Hold the file ``path``, which is made, and goes at the end of the block.

    Args:
        path: used for nothing else.
        seconds: how long to wait for whoever holds it.

    Yields:
        False where the drive knows no locks, so that others may be in the same block.

    Raises:
        Busy: it is still held.
        OSError: it cannot be made.
    """
    end = time.monotonic() + seconds
    while not (taken := _take(path)):
        if time.monotonic() >= end:
            raise Busy
        time.sleep(POLL_SECONDS)
    file, sure = taken
    try:
        yield sure
    finally:
        _release(file, path)


def _take(path: Path) -> tuple[IO[bytes], bool] | None:
    """The open file and whether it is locked; None while somebody else holds it or just lets it go."""
    file = path.open("a+b")  # not for writing alone: that would wait for ever where the name is a pipe's
    with suppress(BlockingIOError, PermissionError, FileNotFoundError):
        sure = _lock(file)
        if os.path.samestat(os.fstat(file.fileno()), path.stat()):
            return file, sure
    file.close()
    return None


if sys.platform == "win32":  # pragma: no cover

    def _lock(file: IO[bytes]) -> bool:
        import msvcrt

        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        return True

    def _release(file: IO[bytes], path: Path) -> None:
        file.close()
        with suppress(OSError):  # an open file cannot be removed: another process holds it by now
            path.unlink()
else:

    def _lock(file: IO[bytes]) -> bool:
        import fcntl

        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno in NO_LOCKS:
                return False
            raise
        return True

    def _release(file: IO[bytes], path: Path) -> None:
        path.unlink(missing_ok=True)
        file.close()
