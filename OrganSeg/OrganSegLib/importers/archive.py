"""A zip with models in it: only what an import needs leaves it, and nothing if any of it looks wrong."""

from __future__ import annotations

import errno
import lzma
import shutil
import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from ..errors import FULL
from ..ingest.archive import escapes
from .refusals import damaged, not_stored, unsafe

MAX_MEMBERS = 200_000
MAX_WANTED = 1000  # the largest ensembles have dozens
MAX_BYTES = 32 * 2**30  # dozens of folds of the largest networks
MAX_RATIO = 100  # weights are noise and hardly shrink
RATIO_COUNTS_FROM_BYTES = 2**26


def unpack(archive: Path, folder: Path, wanted: tuple[str, ...]) -> None:
    """Unpack the members with a ``wanted`` file name into ``folder``.

    Args:
        archive: a zip.
        folder: exists.
        wanted: names, or patterns of names such as ``*.pt``.

    Raises:
        ModelError: ``model.import_unsafe`` when a member would land outside the folder, is a link or is far
            larger than it can be; ``model.import_damaged`` when it cannot be unpacked;
            ``model.not_writable`` when the disk does not take it.
    """

    def is_wanted(member: zipfile.ZipInfo) -> bool:
        name = PurePosixPath(member.filename).name
        return not member.is_dir() and any(fnmatchcase(name, pattern) for pattern in wanted)

    try:
        with _opened(archive) as bundle:
            everything = bundle.infolist()
            _refuse_unsafe(archive, everything)
            members = list(filter(is_wanted, everything))
            _refuse_bombs(archive, members)
            _refuse_doubles(archive, members)
            _require_space(members, folder)
            for member in members:
                bundle.extract(member, folder)
    except OSError as error:
        raise not_stored(folder, error) from error


def folders_in(archive: Path) -> set[str]:
    """Names of the outermost folders in a zip.

    Raises:
        ModelError: ``model.import_damaged`` when it cannot be read.
    """
    with _opened(archive) as bundle:
        return {name.partition("/")[0] for name in bundle.namelist()}


@contextmanager
def _opened(archive: Path) -> Iterator[zipfile.ZipFile]:
    """The zip; a full disk stays an `OSError`, all else that is wrong with it becomes a `ModelError`."""
    try:
        with zipfile.ZipFile(archive) as bundle:
            yield bundle
    # A password is a RuntimeError, an unknown compression a NotImplementedError, which is one, too.
    except (
        *(zipfile.BadZipFile, zlib.error, lzma.LZMAError),
        *(EOFError, OSError, ValueError, RuntimeError, MemoryError),
    ) as error:
        if isinstance(error, OSError) and error.errno in FULL:
            raise
        raise damaged(f"The archive {archive.name}", str(error) or "it cannot be unpacked") from error


def _refuse_unsafe(archive: Path, members: list[zipfile.ZipInfo]) -> None:
    if len(members) > MAX_MEMBERS:
        raise unsafe(f"The archive {archive.name}", f"it claims to hold {len(members)} files")
    for member in members:
        if escapes(member.filename):
            raise unsafe(f"The archive {archive.name}", "it holds a file that would be written outside of it")
        if stat.S_ISLNK(member.external_attr >> 16):
            raise unsafe(f"The archive {archive.name}", "it holds a link to another file")


def _refuse_bombs(archive: Path, members: list[zipfile.ZipInfo]) -> None:
    if len(members) > MAX_WANTED:
        raise unsafe(f"The archive {archive.name}", f"it claims to hold {len(members)} files of models")
    total = sum(member.file_size for member in members)
    shrunk = total > RATIO_COUNTS_FROM_BYTES and total > MAX_RATIO * archive.stat().st_size
    if shrunk or total > MAX_BYTES:
        reason = f"its files claim to be {total / 2**30:.1f} GB, which no model of this size is"
        raise unsafe(f"The archive {archive.name}", reason)


def _refuse_doubles(archive: Path, members: list[zipfile.ZipInfo]) -> None:
    """Which of two files counts depends on the program, and on whether case counts for the system."""
    if len({member.filename.casefold() for member in members}) < len(members):
        raise unsafe(f"The archive {archive.name}", "it holds two files of one name")


def _require_space(members: list[zipfile.ZipInfo], folder: Path) -> None:
    total = sum(member.file_size for member in members)
    free = shutil.disk_usage(folder).free
    if total > free:
        needed = f"it needs {total / 2**30:.1f} GB of disk, {free / 2**30:.1f} GB are free"
        raise OSError(errno.ENOSPC, needed)
