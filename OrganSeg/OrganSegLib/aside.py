"""Files written aside and moved into place together: a folder holds all of them or none."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import OutputError

PREFIX, OLD = ".organseg-", ".old"


@contextmanager
def aside_of(folder: Path, outdated: Collection[str] = ()) -> Iterator[Path]:
    """A hidden folder inside ``folder`` whose contents move up when the block ends well.

    It lies inside so that moving is a rename on the same disk. Whatever goes wrong, until the last file is in
    its place, ``folder`` becomes again what it was, and folders that were made for it go.

    Args:
        folder: made where it does not exist; what has the name of something new is replaced.
        outdated: names in it that go when the new ones come.

    Raises:
        OutputError: ``output.not_writable``.
    """
    made = [path for path in (folder, *folder.parents) if not path.exists()]
    aside = None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(prefix=PREFIX, dir=folder))
        yield aside
        _move_into_place(aside, folder, outdated)
        made = []
    except OSError as error:
        raise OutputError(
            "output.not_writable",
            f"'{folder}' could not be written: {error.strerror or error}.",
            "Check that you may write there, that the disk has room and that no program has old files open.",
        ) from error
    finally:
        if aside is not None:
            shutil.rmtree(aside, ignore_errors=True)
        for path in made:
            if path.is_dir() and not any(path.iterdir()):
                path.rmdir()


def remove_unfinished(folder: Path) -> None:
    """Make ``folder`` again what it was before a process that was killed began to write into it.

    Raises:
        OSError: the disk refuses.
    """
    for aside in [path for path in folder.glob(f"{PREFIX}*") if path.is_dir()]:
        for old in list((aside / OLD).glob("*")):
            new = folder / old.name
            if new.is_dir():
                shutil.rmtree(new)
            new.unlink(missing_ok=True)
            old.rename(new)
        shutil.rmtree(aside)


def _move_into_place(aside: Path, folder: Path, outdated: Collection[str]) -> None:
    new = sorted(path.name for path in aside.iterdir())
    old = [name for name in {*new, *outdated} if (folder / name).exists()]
    (aside / OLD).mkdir()
    moves = [(folder / name, aside / OLD / name) for name in old]
    moves += [(aside / name, folder / name) for name in new]
    done: list[tuple[Path, Path]] = []
    try:
        for origin, target in moves:
            origin.rename(target)
            done.append((origin, target))
    except BaseException:
        for origin, target in reversed(done):
            target.rename(origin)
        raise
