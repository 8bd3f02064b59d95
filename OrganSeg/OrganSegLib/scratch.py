"""Private temporary folders for patients' voxels. What a killed process left is removed at the next start."""

from __future__ import annotations

import os
import shutil
import stat
import sys
import tempfile
from pathlib import Path
from typing import IO

PREFIX, LOCK, FILES = "organseg-", ".lock", "files"


class PrivateFolder:
    """A folder that only its user may enter, gone at the end of the ``with`` block or by `close`.

    Its lock dies with the process, which is how others know that nobody needs the folder any longer: process
    ids are given again, and mean nothing to another container that shares the disk.

    Args:
        parent: where to make it; the system's temporary folder when None.

    Raises:
        OSError: it cannot be made there.
    """

    def __init__(self, parent: Path | None = None) -> None:
        parent = parent or Path(tempfile.gettempdir())
        remove_abandoned(parent)
        while True:
            self._folder = tempfile.TemporaryDirectory(prefix=PREFIX, dir=parent, ignore_cleanup_errors=True)
            place = Path(self._folder.name)
            self._lock = (place / LOCK).open("xb")
            _lock(self._lock, wait=True)
            if (place / LOCK).exists():  # nobody took it for abandoned just before it was locked
                break
            self.close()
        self.path = place / FILES
        self.path.mkdir(mode=0o700)

    def __enter__(self) -> Path:
        return self.path

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Remove the folder and all in it; may be called again."""
        self._lock.close()
        self._folder.cleanup()


def remove_abandoned(parent: Path | None = None) -> None:
    """Remove this user's private folders whose process is gone: killed, or cut off with the power."""
    for folder in (parent or Path(tempfile.gettempdir())).glob(f"{PREFIX}*"):
        lock = folder / LOCK
        if _is_own(folder) and lock.is_file():
            try:
                with lock.open("r+b") as file:
                    _lock(file, wait=False)
                    shutil.rmtree(folder, ignore_errors=True)
            except OSError:
                continue  # it is in use, or somebody else removes it right now
            shutil.rmtree(folder, ignore_errors=True)  # Windows keeps a file that is open: the lock


if sys.platform == "win32":  # pragma: no cover

    def _is_own(folder: Path) -> bool:
        return folder.is_dir()  # the temporary folder is the user's own

    def _lock(file: IO[bytes], wait: bool) -> None:
        import msvcrt

        msvcrt.locking(file.fileno(), msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
else:

    def _is_own(folder: Path) -> bool:
        try:
            facts = folder.lstat()
        except OSError:
            return False
        return stat.S_ISDIR(facts.st_mode) and facts.st_uid == os.geteuid()

    def _lock(file: IO[bytes], wait: bool) -> None:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
