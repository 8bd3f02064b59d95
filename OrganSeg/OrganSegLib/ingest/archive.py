"""Zip archives, unpacked as if they came from a stranger: no escape from the folder, no bomb."""

from __future__ import annotations

import lzma
import shutil
import zipfile
import zlib
from pathlib import Path, PureWindowsPath

from ..errors import FULL, InputError

MAX_BYTES = 64 * 2**30
MAX_MEMBERS = 200_000
# Empty CT slices shrink a few hundred times; a bomb shrinks a thousand times, and does so at scale.
MAX_RATIO = 300
RATIO_COUNTS_FROM_BYTES = 2**30


def extract(archive: Path, folder: Path) -> None:
    """Unpack ``archive`` into ``folder``.

    Raises:
        InputError: ``input.unsafe_archive`` when a member would land outside the folder or the archive is far
            larger inside than a study can be; ``input.encrypted_archive``; ``input.damaged_archive``;
            ``input.disk_full`` when the temporary disk cannot hold it.
    """
    try:
        with zipfile.ZipFile(archive) as bundle:
            if not all(member.filename for member in bundle.infolist()):
                raise zipfile.BadZipFile("a member without a name")
            members = [member for member in bundle.infolist() if not member.is_dir()]
            _refuse_unsafe(members, archive.stat().st_size)
            _refuse_encrypted(members)
            _require_disk(members, folder)
            for member in members:
                bundle.extract(member, folder)
    # An unknown compression method is a NotImplementedError; each decompressor has its own error, and that of
    # LZMA takes a dictionary of any size that the member asks for.
    except (
        *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError),
        *(OSError, ValueError, NotImplementedError, MemoryError),
    ) as problem:
        if isinstance(problem, OSError) and problem.errno in FULL:  # others took the space meanwhile
            raise _disk_full("The temporary disk was full before the zip archive was unpacked.") from problem
        raise InputError(
            "input.damaged_archive",
            "The zip archive is damaged and cannot be unpacked.",
            "Copy or download it again, or unpack it yourself and give the folder.",
        ) from problem


def _refuse_unsafe(members: list[zipfile.ZipInfo], packed: int) -> None:
    """``packed`` is the archive's own size: several members may claim the same bytes."""
    total = sum(member.file_size for member in members)
    bomb = total > MAX_BYTES or len(members) > MAX_MEMBERS
    bomb = bomb or (total > RATIO_COUNTS_FROM_BYTES and total > MAX_RATIO * packed)
    if bomb:
        raise InputError(
            "input.unsafe_archive",
            f"The zip archive claims to hold {len(members)} files of {total / 2**30:.1f} GB in total, "
            "which is no plausible CT study.",
            "Unpack it yourself, check what it holds, and give the folder.",
        )
    if any(escapes(member.filename) for member in members):
        raise InputError(
            "input.unsafe_archive",
            "The zip archive holds a file that would be written outside its own folder.",
            "Do not trust this archive; ask for the study again.",
        )


def escapes(name: str) -> bool:
    """Whether a member of that name would be written outside of the folder it is unpacked into."""
    # Windows rules see both kinds of slash and drive letters, wherever this runs.
    path = PureWindowsPath(name)
    return bool(path.drive or path.root) or ".." in path.parts


def _refuse_encrypted(members: list[zipfile.ZipInfo]) -> None:
    if any(member.flag_bits & 0x1 for member in members):
        raise InputError(
            "input.encrypted_archive",
            "The zip archive is protected by a password.",
            "Unpack it yourself and give the folder.",
        )


def _require_disk(members: list[zipfile.ZipInfo], folder: Path) -> None:
    needed = sum(member.file_size for member in members)
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise _disk_full(
            f"Unpacking the zip archive needs {needed / 2**30:.1f} GB of temporary disk space; "
            f"{free / 2**30:.1f} GB are free."
        )


def _disk_full(sentence: str) -> InputError:
    next_step = "Free some space, or unpack the archive on another disk and give the folder."
    return InputError("input.disk_full", sentence, next_step)
