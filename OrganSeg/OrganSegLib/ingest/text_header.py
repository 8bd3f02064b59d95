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

# NRRD files may carry the DICOM headers that they were made from.
MAX_HEADER_BYTES = 2**20
SEPARATOR = {"NRRD": ":(?!=)", "MetaImage": "[=:]"}
SPACING = {"NRRD": ("space directions", "spacings"), "MetaImage": ("elementspacing", "elementsize")}
ORIENTATION = {"NRRD": ("space",), "MetaImage": ("transformmatrix", "rotation", "orientation")}
PLACE = ("space origin", "axis mins", "offset", "position", "origin")
DATA_FILE = ("data file", "datafile", "elementdatafile")
BEHIND = ("", "LOCAL")  # the voxels follow in the same file


@dataclass(frozen=True)
class TextHeader:
    """The fields of a NRRD or MetaImage header.

    Attributes:
        kind: ``NRRD`` or ``MetaImage``.
        fields: name, in small letters, -> value.
    """

    kind: str
    fields: dict[str, str]

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
        if kind == "NRRD" and not text.startswith("NRRD"):
            raise ValueError("no NRRD header")
        fields: dict[str, str] = {}
        for line in text.split("\n"):
            name, *value = re.split(SEPARATOR[kind], line.strip(), maxsplit=1)
            name = name.strip().lower()
            if name in fields:
                raise ValueError("a field is there twice")
            if value and not name.startswith("#"):
                fields[name] = value[0].strip()
            if (kind == "NRRD" and not name) or name in DATA_FILE[2:]:
                break
        if kind == "MetaImage" and "ndims" not in fields:
            raise ValueError("no MetaImage header")
        _require_data_file(path, next((fields[name] for name in DATA_FILE if name in fields), ""))
        return cls(kind, fields)

    @property
    def states_spacing(self) -> bool:
        return any(name in self.fields for name in SPACING[self.kind])

    @property
    def states_orientation(self) -> bool:
        """The file says how it lies in the patient; NRRD also knows spaces that are in no patient."""
        stated = [self.fields[name] for name in ORIENTATION[self.kind] if name in self.fields]
        return bool(stated) and not stated[0].lower().startswith(("3d-", "scanner"))

    @property
    def consistent(self) -> bool:
        """Whatever is stated of size and place is a finite number."""
        names = (*SPACING[self.kind], *ORIENTATION["MetaImage"], *PLACE)
        return all(_are_numbers(self.fields[name]) for name in names if name in self.fields)


def _are_numbers(value: str) -> bool:
    parts = [part for part in re.split(r"[\s(),]+", value) if part not in ("", "none")]
    try:
        return all(math.isfinite(float(part)) for part in parts)
    except ValueError:
        return False


def _require_data_file(header: Path, name: str) -> None:
    if name.upper() not in BEHIND and not (header.parent / name).is_file():
        raise InputError(
            "input.no_data_file",
            "The file with the voxels, which the header names, is missing, or there are several.",
            "Give it beside the header, or save the image as one file.",
        )
