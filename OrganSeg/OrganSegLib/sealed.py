"""A sealed folder is whole and unchanged, or it is not used: written at once, with checksums."""

from __future__ import annotations

import errno
import hashlib
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from .bounds import NAME
from .locks import Busy, held

CHECKSUMS = "SHA256SUMS"
NEW, OLD, LOCK = "new", "old", ".lock"
WAIT_SECONDS = 10.0  # for another writer
CHECKSUMS_BYTES, FILE_BYTES = 2**20, 2**34


def sha256(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def write_sealed(folder: Path, anew: bool = False) -> Iterator[Path]:
    """A temporary folder to fill; on success it gets its checksums and takes the place of ``folder``.

    One writer at a time; what a killed one left is removed by the next.

    Args:
        folder: to be written.
        anew: replace no older one.

    Raises:
        FileExistsError: when there is an older one that shall stay.
        OSError: when the folder cannot be written; an older one is then left as it was.
    """
    folder = folder.absolute()
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _alone(folder):
        if anew and folder.exists():
            raise FileExistsError(errno.EEXIST, "there is one already", str(folder))
        temporary = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
        try:
            new = temporary / NEW
            new.mkdir()
            yield new
            for path in new.iterdir():
                path.chmod(0o644)  # safetensors writes for the owner alone; an installation serves all users
            lines = [f"{sha256(path)}  {path.name}\n" for path in sorted(new.iterdir())]
            (new / CHECKSUMS).write_text("".join(lines), encoding="utf-8", newline="\n")
            if folder.exists():
                folder.rename(temporary / OLD)
            new.rename(folder)
        finally:
            _tidy(folder, temporary)


def remove_unfinished(parent: Path) -> None:
    """Remove what killed writers left of sealed folders in ``parent``; what is being written stays."""
    for lock in parent.glob(f".*{LOCK}"):
        with suppress(OSError), _alone(lock.with_name(lock.name[1 : -len(LOCK)]), seconds=0.0):
            pass  # alone, all that another one left is gone


@contextmanager
def _alone(folder: Path, seconds: float = WAIT_SECONDS) -> Iterator[None]:
    try:
        with held(folder.with_name(f".{folder.name}{LOCK}"), seconds) as sure:
            left = re.compile(rf"\.{re.escape(folder.name)}\.[^.]+")  # that of model.v2 is not model's
            for path in folder.parent.iterdir() if sure else ():
                if left.fullmatch(path.name) and path.is_dir():
                    _tidy(folder, path)
            yield
    except Busy as busy:
        raise BlockingIOError(errno.EWOULDBLOCK, "another process is writing it") from busy


def _tidy(folder: Path, temporary: Path) -> None:
    """Remove a temporary folder; the older one goes back where the new one did not come in its place."""
    if (temporary / OLD).exists() and not folder.exists():
        (temporary / OLD).rename(folder)
    shutil.rmtree(temporary, ignore_errors=True)


def damage(folder: Path, required: tuple[str, ...]) -> str | None:
    """What is wrong with a sealed folder, or None where all is well.

    Args:
        folder: to compare with its ``SHA256SUMS`` (the format of the command ``sha256sum``).
        required: files that must be listed there.
    """
    try:
        if not _is_plain(folder / CHECKSUMS, CHECKSUMS_BYTES):
            return f"its file {CHECKSUMS} cannot be read"
        lines = (folder / CHECKSUMS).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return f"its file {CHECKSUMS} cannot be read"
    sums = {name: digest for digest, _, name in (line.partition("  ") for line in lines)}
    for name in required:
        if name not in sums:
            return f"{CHECKSUMS} does not list {name}"
    for name, digest in sums.items():
        path = folder / name
        if not NAME.fullmatch(name) or path.is_symlink():
            return f"{name[:64]!r} lies outside of the folder"
        if not _is_plain(path, FILE_BYTES) or sha256(path) != digest:
            return f"{name} is missing or differs from its checksum"
    return None


def _is_plain(path: Path, most_bytes: int) -> bool:
    """Whether it is a file that ends: not a link, a pipe or a device."""
    return not path.is_symlink() and path.is_file() and path.stat().st_size <= most_bytes
