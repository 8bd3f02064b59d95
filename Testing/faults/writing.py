"""A folder with results of an earlier run and a file of the user, and a run that writes anew.

``python -m Testing.faults.writing FOLDER N`` is killed just before it does the N-th thing to the disk.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from OrganSegLib.aside import aside_of

TOUCHES = ("os.rename", "os.mkdir", "os.remove", "os.rmdir", "open")

Contents = dict[str, str]


def write_old(folder: Path) -> None:
    with aside_of(folder) as aside:
        (aside / "labels").write_text("old")
        (aside / "surfaces").mkdir()
        (aside / "surfaces" / "liver").write_text("old")
        (aside / "obsolete").write_text("old")
    (folder / "notes").write_text("mine")


def write_new(folder: Path) -> None:
    """Something is replaced, something goes and something comes."""
    with aside_of(folder, lambda: [name for name in ("obsolete",) if (folder / name).exists()]) as aside:
        (aside / "labels").write_text("new")
        (aside / "surfaces").mkdir()
        (aside / "surfaces" / "spleen").write_text("new")
        (aside / "page").write_text("new")


OLD = {"labels": "old", "surfaces/liver": "old", "obsolete": "old", "notes": "mine"}
NEW = {"labels": "new", "surfaces/spleen": "new", "page": "new", "notes": "mine"}


def contents(folder: Path) -> Contents:
    """All files by their names, hidden ones included."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_text() for path in files}


def _die_at(number: int) -> None:
    left = number

    def look(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal left
        if event in TOUCHES and not str(arguments[0]).endswith((".py", ".pyc")):
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(look)


if __name__ == "__main__":
    _die_at(int(sys.argv[2]))
    write_new(Path(sys.argv[1]))
