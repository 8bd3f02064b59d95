"""Private temporary folders for patients' voxels. What a killed process left is removed at the next start."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
import time
from contextlib import ExitStack, suppress
from pathlib import Path

from .locks import Busy, held

PREFIX, LOCK, FILES = "organseg-", ".organseg-lock", "files"
LOCKED_WITHIN_SECONDS = 60.0
UNCHOSEN, IN_MEMORY = Path("/tmp"), Path("/dev/shm")  # noqa: S108  # nosec B108
ROOM = 4 << 30  # bytes, enough for any study


class PrivateFolder:
    """A folder that only its user may enter, gone at the end of the ``with`` block or by `close`.

    Its lock ends with the process, which is how others know that nobody needs the folder any longer: process
    ids are given again, and mean nothing to another container that shares the disk.

    Args:
        parent: where to make it; the system's temporary folder when None.

    Raises:
        OSError: it cannot be made there.
    """

    def __init__(self, parent: Path | None = None) -> None:
        parent = parent or Path(tempfile.gettempdir())
        remove_abandoned(parent)
        self._leaving = ExitStack()
        made = tempfile.TemporaryDirectory(prefix=PREFIX, dir=parent, ignore_cleanup_errors=True)
        place = Path(self._leaving.enter_context(made))
        self._leaving.enter_context(held(place / LOCK))
        self.path = place / FILES
        self.path.mkdir(mode=0o700)

    def __enter__(self) -> Path:
        return self.path

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Remove the folder and all in it; may be called again."""
        self._leaving.close()


def quickest() -> Path:
    """Where two processes hand over voxels: in memory if there is room, so that no disk sees them.

    Whoever names a temporary folder (``TMPDIR``) gets that one.
    """
    folder = Path(tempfile.gettempdir())
    roomy = os.access(IN_MEMORY, os.W_OK) and shutil.disk_usage(IN_MEMORY).free >= ROOM
    return IN_MEMORY if folder == UNCHOSEN and roomy else folder


def remove_abandoned(parent: Path | None = None) -> None:
    """Remove this user's private folders whose process is gone: killed, or cut off with the power.

    Args:
        parent: where to look; wherever they may be when None.
    """
    places = [parent] if parent else [Path(tempfile.gettempdir()), IN_MEMORY]
    for folder in (folder for place in places for folder in place.glob(f"{PREFIX}*")):
        if _is_ours(folder):
            with suppress(Busy, OSError), held(folder / LOCK) as alone:
                if alone:
                    shutil.rmtree(folder / FILES, ignore_errors=True)
            with suppress(OSError):
                folder.rmdir()  # fails where it is in use


def _is_ours(folder: Path) -> bool:
    """Whether this user made it as a private folder, and long enough ago to have locked it."""
    try:
        facts = folder.lstat()
        own = stat.S_ISDIR(facts.st_mode) and (os.name == "nt" or facts.st_uid == os.geteuid())
        old = time.time() - facts.st_mtime > LOCKED_WITHIN_SECONDS
        return own and (folder / LOCK).is_file() and (old or (folder / FILES).is_dir())
    except OSError:
        return False
