"""Headers of NRRD and MetaImage as the file has them.

Where a number is missing or none, ITK takes 1 mm or 0 mm; of two values for a field it takes the last one;
for voxels from a pipe it waits for ever; all without a word. So the header is read here before ITK reads it.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path

from ..errors import InputError
from .packed_voxels import require_whole

# NRRD files may carry the DICOM headers that they were made from.
MAX_HEADER_BYTES = 2**20
# ITK's reader of NRRD quotes them in messages, for which it has little room, and writes beyond it.
MAX_LINE = 400
SEPARATOR = {"NRRD": ":(?!=)", "MetaImage": "[=:]"}
SPACING = {"NRRD": ("space directions", "spacings"), "MetaImage": ("elementspacing", "elementsize")}
ORIENTATION = {"NRRD": ("space",), "MetaImage": ("transformmatrix", "rotation", "orientation")}
PLACE = ("space origin", "axis mins", "offset", "position", "origin")
DATA_FILE = ("data file", "datafile", "elementdatafile")
DIMENSIONS = ("1", "2", "3", "4")  # of others, ITK's reader of MetaImage writes where it must not
LAST = {"NRRD": "", "MetaImage": "elementdatafile"}  # an empty line; the field before the voxels
BEHIND = ("", "LOCAL")  # the voxels follow in the same file


@dataclass(frozen=True)
class TextHeader:
    """The fields of a NRRD or MetaImage header.

    Attributes:
        kind: ``NRRD`` or ``MetaImage``.
        fields: name, in small letters, -> value.
        voxels: the file that holds the voxels.
        start: where they begin in it, in bytes.
    """

    kind: str
    fields: dict[str, str]
    voxels: Path
    start: int

    @classmethod
    def of(cls, path: Path, kind: str) -> TextHeader:
        """Read the header.

        Raises:
            ValueError: this is no such header, or a field is there twice.
            OSError: the file cannot be read.
            InputError: ``input.no_data_file``.
        """
        with path.open("rb") as stream:
            text = stream.read(MAX_HEADER_BYTES).decode("latin-1")
        fields, end = _parse(text, kind)
        if not text.startswith("NRRD") if kind == "NRRD" else fields.get("ndims") not in DIMENSIONS:
            raise ValueError(f"no {kind} header")
        named = next((fields[name] for name in DATA_FILE if name in fields), "")
        if named.upper() in BEHIND:
            return cls(kind, fields, path, end)
        return cls(kind, fields, _data_file(path.parent / named), 0)

    @property
    def states_spacing(self) -> bool:
        return any(name in self.fields for name in SPACING[self.kind])

    @property
    def states_orientation(self) -> bool:
        """The file says how it lies in the patient; NRRD also knows spaces that are in no patient."""
        stated = [self.fields[name] for name in ORIENTATION[self.kind] if name in self.fields]
        return bool(stated) and not stated[0].lower().startswith(("3d-", "scanner"))

    @property
    def packed(self) -> bool:
        """The voxels are compressed."""
        if self.kind == "NRRD":
            return self.fields.get("encoding", "").lower() in ("gzip", "gz")
        return self.fields.get("compresseddata", "").lower()[:1] in ("t", "1")

    def require_whole_voxels(self, size: int) -> None:
        """Require that compressed voxels are undamaged, and ``size`` bytes when they are unpacked.

        Raises:
            ValueError, zlib.error, OSError: see `packed_voxels.require_whole`; or ITK would not find them.
        """
        length = self.fields.get("compresseddatasize")
        if self.kind == "MetaImage" and self.start and length is None:
            raise ValueError("the header does not say how many bytes the compressed voxels are")
        require_whole(self.voxels, self.start, None if length is None else int(length), size)

    @property
    def consistent(self) -> bool:
        """Whatever is stated of size and place is a finite number."""
        names = (*SPACING[self.kind], *ORIENTATION["MetaImage"], *PLACE)
        return all(_are_numbers(self.fields[name]) for name in names if name in self.fields)


def _parse(text: str, kind: str) -> tuple[dict[str, str], int]:
    """The fields, and where the header ends."""
    fields: dict[str, str] = {}
    end = 0
    for line in text.split("\n"):
        end += len(line) + 1
        if kind == "NRRD" and len(line) > MAX_LINE and not line.startswith("#") and ":=" not in line:
            raise ValueError("a line is too long")
        name, *value = re.split(SEPARATOR[kind], line.strip(), maxsplit=1)
        name = name.strip().lower()
        if name in fields:
            raise ValueError("a field is there twice")
        if value and not name.startswith("#"):
            fields[name] = value[0].strip()
        if name == LAST[kind]:
            break
    return fields, end


def _are_numbers(value: str) -> bool:
    parts = [part for part in re.split(r"[\s(),]+", value) if part not in ("", "none")]
    try:
        return all(math.isfinite(float(part)) for part in parts)
    except ValueError:
        return False


def _data_file(path: Path) -> Path:
    if not path.is_file():
        raise InputError(
            "input.no_data_file",
            "The file with the voxels, which the header names, is missing, or there are several.",
            "Give it beside the header, or save the image as one file.",
        )
    return path
