"""Files written aside and moved into place together: a folder holds all of them or none.

One writer at a time holds a folder. What a killed one left is undone when the next one, or a reader, comes.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import OutputError
from .locks import Busy, held

PREFIX, OLD, MOVES = ".organseg-", ".old", ".moves"
LOCK = f"{PREFIX}lock"
WAIT_SECONDS = 10.0  # for another writer; most are done by then


@contextmanager
def aside_of(folder: Path, outdated: Callable[[], Iterable[str]] = tuple) -> Iterator[Path]:
    """A hidden folder inside ``folder`` whose contents move up when the block ends well.

    It lies inside so that moving is a rename on the same disk. Whatever goes wrong, until the last file is in
    its place, ``folder`` becomes again what it was, and folders that were made for it go.

    Args:
        folder: made where it does not exist; what has the name of something new is replaced.
        outdated: names in it that go when the new ones come; asked when nobody else can write there.

    Raises:
        OutputError: ``output.busy``, ``output.not_writable``.
    """
    made = [path for path in (folder, *folder.parents) if not path.exists()]
    try:
        with _explained(folder):
            folder.mkdir(parents=True, exist_ok=True)
            with held(folder / LOCK, WAIT_SECONDS) as alone:
                if alone:
                    _undo_unfinished(folder)
                aside = Path(tempfile.mkdtemp(prefix=PREFIX, dir=folder))
                try:
                    yield aside
                    _move_into_place(aside, folder, outdated())
                finally:
                    if not (aside / MOVES).exists():  # else it holds earlier results that could not go back
                        shutil.rmtree(aside, ignore_errors=True)
        made = []
    finally:
        for path in made:
            if path.is_dir() and not any(path.iterdir()):
                path.rmdir()


def remove_unfinished(folder: Path, moved_only: bool = False) -> None:
    """Make ``folder`` again what it was before a process that was killed began to write into it.

    Args:
        folder: need not exist.
        moved_only: worth it only where files were being moved: for readers, which nothing else disturbs.

    Raises:
        OutputError: ``output.busy`` where a process writes there now, ``output.not_writable``.
    """
    if any((aside / MOVES).exists() or not moved_only for aside in _unfinished(folder)):
        with _explained(folder), held(folder / LOCK, WAIT_SECONDS) as alone:
            if alone:
                _undo_unfinished(folder)


@contextmanager
def _explained(folder: Path) -> Iterator[None]:
    try:
        yield
    except Busy as busy:
        raise OutputError(
            "output.busy",
            f"Another run of OrganSeg is writing into '{folder}'.",
            "Wait until it is done, or choose another folder.",
        ) from busy
    except OSError as error:
        raise OutputError(
            "output.not_writable",
            f"'{folder}' could not be written: {error.strerror or error}.",
            "Check that you may write there, that the disk has room and that no program has old files open.",
        ) from error


def _unfinished(folder: Path) -> list[Path]:
    return [path for path in folder.glob(f"{PREFIX}*") if path.is_dir()]


def _undo_unfinished(folder: Path) -> None:
    for aside in _unfinished(folder):
        _move_back(aside, folder)
        shutil.rmtree(aside)


def _move_into_place(aside: Path, folder: Path, outdated: Iterable[str]) -> None:
    new = sorted(path.name for path in aside.iterdir())
    old = [name for name in {*new, *outdated} if (folder / name).exists()]
    (aside / OLD).mkdir()
    (aside / OLD / MOVES).write_text("\n".join(new), encoding="utf-8")
    try:
        (aside / OLD / MOVES).rename(aside / MOVES)  # whole, or not there
        for name in old:
            (folder / name).rename(aside / OLD / name)
        for name in new:
            (aside / name).rename(folder / name)
        (aside / MOVES).unlink()  # from now on the new files count
    except BaseException:
        _move_back(aside, folder)
        raise


def _move_back(aside: Path, folder: Path) -> None:
    """Undo moves that did not come to their end; where each file lies now tells how far they came."""
    if not (aside / MOVES).exists():
        return
    for name in (aside / MOVES).read_text(encoding="utf-8").splitlines():
        if not (aside / name).exists() and (folder / name).exists():
            (folder / name).rename(aside / name)
    for old in (aside / OLD).iterdir():
        old.rename(folder / old.name)
    (aside / MOVES).unlink()
