"""From the path that a user names to the files that may hold the study."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from ..errors import InputError
from ..scratch import PrivateFolder
from .archive import extract

IMAGE_FORMATS = {
    ".nii": "NIfTI",
    ".nii.gz": "NIfTI",
    ".nrrd": "NRRD",
    ".nhdr": "NRRD",
    ".mha": "MetaImage",
    ".mhd": "MetaImage",
}
ACCEPTED = "a folder or zip of DICOM files, a DICOM file, or a NIfTI, NRRD or MetaImage file"
DISC_INDEX = "DICOMDIR"


@dataclass(frozen=True)
class Located:
    """What was found at the path.

    Attributes:
        image: the NIfTI, NRRD or MetaImage file, if that is what was named.
        dicom: DICOM files to look through, otherwise.
        only: the one DICOM file that was named: its series is wanted.
        kept: False when the files vanish with the temporary folder of a zip.
        closed: how many folders and files below could not be looked into.
    """

    image: Path | None = None
    dicom: tuple[Path, ...] = ()
    only: Path | None = None
    kept: bool = True
    closed: int = 0


def image_format(path: Path) -> str | None:
    """``NIfTI``, ``NRRD`` or ``MetaImage`` by the file's ending, or None."""
    name = path.name.lower()
    return next((kind for ending, kind in IMAGE_FORMATS.items() if name.endswith(ending)), None)


@contextmanager
def locate(path: Path) -> Iterator[Located]:
    """The files to read; a zip is unpacked for as long as the context lasts.

    Raises:
        InputError: ``input.not_found``, ``input.no_permission``, ``input.not_a_file``, ``input.empty_file``,
            ``input.empty_folder``, ``input.no_dicom``, ``input.several_images``, ``input.unsupported``, and
            the codes of `archive.extract`.
    """
    _require_readable(path)
    if path.is_dir():
        yield _in_folder(path)
    elif image_format(path):
        yield Located(image=path)
    elif is_dicom(path):
        # The index of a DICOM disc stands for all below its folder; any other file has its series beside it.
        if path.name.upper() == DISC_INDEX:
            yield _in_folder(path.parent)
        else:
            yield Located(dicom=_dicom(_beside(path)), only=path)
    elif _is_zip(path):
        with PrivateFolder() as folder:
            extract(path, folder)
            inside = _in_folder(folder)
            yield replace(inside, kept=False)
    else:
        raise InputError(
            "input.unsupported",
            "The file is neither DICOM nor another format that OrganSeg reads.",
            f"Give {ACCEPTED}.",
        )


def is_dicom(path: Path) -> bool:
    """Whether the file starts like DICOM: with the preamble, or bare with group 0008 as some PACS write it.

    A file that cannot be opened may be one: whoever reads it next tells about it.
    """
    try:
        with path.open("rb") as stream:
            start = stream.read(132)
    except OSError:
        return True
    return start[128:132] == b"DICM" or start[:2] == b"\x08\x00"


def _beside(file: Path) -> list[Path]:
    try:
        return sorted(file.parent.iterdir())
    except PermissionError as problem:
        raise _no_permission("The folder of the file may not be opened by this user.") from problem


def _is_zip(path: Path) -> bool:
    """Whether the file starts like a zip: one that was cut off has lost its end, by which it is read."""
    with path.open("rb") as stream:
        return stream.read(2) == b"PK"


def _dicom(files: list[Path]) -> tuple[Path, ...]:
    """The DICOM files among ``files`` that can hold an image.

    Beside DICOM files, one that only its name calls so may be a slice of which nothing is left: whoever reads
    it next tells about it.
    """
    named = [file for file in files if file.is_file() and file.name.upper() != DISC_INDEX]
    dicom = {file for file in named if is_dicom(file)}
    return tuple(file for file in named if file in dicom or (dicom and _is_named_dicom(file)))


def _is_named_dicom(file: Path) -> bool:
    """By its ending; macOS leaves files of its own, such as ``._1.dcm``, on sticks."""
    return file.suffix.lower() == ".dcm" and not file.name.startswith(".")


def _require_readable(path: Path) -> None:
    try:
        found = path.exists()
    except OSError:  # a name longer than the file system can hold, or a folder on the way that is closed
        found = False
    if not found:
        raise InputError("input.not_found", "There is no file or folder at that path.", "Check the path.")
    if not os.access(path, os.R_OK):
        raise _no_permission("The study may not be opened by this user.")
    if not path.is_dir() and not path.is_file():
        # Opening a pipe or a device could wait for ever.
        raise InputError(
            "input.not_a_file", "The path is a device or a pipe, not a file.", f"Give {ACCEPTED}."
        )
    if path.is_file() and path.stat().st_size == 0:
        raise InputError("input.empty_file", "The file is empty.", "Copy or export it again.")


def _no_permission(sentence: str) -> InputError:
    return InputError("input.no_permission", sentence, "Ask for the right to read it.")


def _in_folder(folder: Path) -> Located:
    files, closed = _walk(folder)
    if not files:
        raise InputError("input.empty_folder", "The folder is empty.", "Choose the folder that holds the CT.")
    if dicom := _dicom(files):
        return Located(dicom=dicom, closed=closed)
    images = [file for file in files if image_format(file)]
    if len(images) == 1:
        return Located(image=images[0], closed=closed)
    if images:
        raise InputError(
            "input.several_images",
            f"The folder holds {len(images)} image files and no DICOM series.",
            "Name the image file that you want.",
        )
    raise InputError(
        "input.no_dicom",
        f"None of the {len(files)} files in the folder is a DICOM file or another image that OrganSeg reads.",
        f"Give {ACCEPTED}.",
    )


def _walk(folder: Path) -> tuple[list[Path], int]:
    """Regular files below ``folder``, sorted, and how many places could not be looked into.

    Pipes, devices and looping links are left alone.
    """
    closed: list[OSError] = []

    def regular(path: Path) -> bool:
        try:
            return path.is_file()
        except OSError as problem:  # in a folder whose files may be listed, not opened
            closed.append(problem)
            return False

    found = (
        Path(parent, name) for parent, _, names in os.walk(folder, onerror=closed.append) for name in names
    )
    return sorted(filter(regular, found)), len(closed)
