"""A folder with results of an earlier run and a file of the user, and a run that writes anew.

``python -m Testing.faults.writing results|model FOLDER N`` is killed before the N-th thing it does to files.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from OrganSegLib.aside import aside_of
from OrganSegLib.sealed import write_sealed

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


def write_model(folder: Path, word: str) -> None:
    """A sealed folder, such as that of a model."""
    with write_sealed(folder) as new:
        (new / "plan").write_text(word)
        (new / "weights").write_text(word)


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
    _, what, place, number = sys.argv
    _die_at(int(number))
    write_new(Path(place)) if what == "results" else write_model(Path(place), "new")
