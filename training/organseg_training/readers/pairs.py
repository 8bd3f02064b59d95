"""The layout ``pairs``: images in one folder, labels in another, paired by equal names."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from OrganSegLib.ingest import read_study
from OrganSegLib.volume import Scan

from ..config.base import Section
from ..files import plain_name
from .faults import image_of, unpaired, wrong_layout
from .label_image import read_label_image
from .options import read_options
from .reader import Entry, LabelArray
from .values import LabelValues

if TYPE_CHECKING:
    from ..config import Config
    from ..config.data import Data

FOLDERS = (("images", "labels"), ("imagesTr", "labelsTr"))
CHANNEL = re.compile(r"_0000$")  # nnU-Net's first (and for CT only) channel


class PairOptions(Section):
    """How names tell the patient.

    Attributes:
        patient: regular expression whose first group is the patient within a scan's name; otherwise each name
            is a patient of its own.
    """

    patient: str = ""


class Pairs:
    """``images/NAME`` with ``labels/NAME``, or ``imagesTr`` with ``labelsTr``.

    Both are NIfTI, NRRD or MetaImage files or DICOM folders; images may be zips of DICOM too. Options: see
    `PairOptions`.
    """

    def __init__(self, data: Data, config: Config) -> None:
        self.data, self.values = data, LabelValues.of(data, config.classes)
        self.options = read_options(data, PairOptions)

    def entries(self) -> list[Entry]:
        images, labels = self._folders()
        drawn = _by_name(labels)
        # Two names for one thing: a label file may itself end in _0000, so the equal name goes first.
        scans = {name if name in drawn else CHANNEL.sub("", name): p for name, p in _by_name(images).items()}
        return [
            Entry(
                name,
                patient_in(name, self.options.patient),
                scans.get(name),
                drawn.get(name),
                self.data.role,
                licence=self.data.licence,
            )
            for name in sorted({*scans, *drawn})
        ]

    def scan(self, entry: Entry) -> Scan:
        return read_study(image_of(entry))

    def labels(self, entry: Entry, scan: Scan) -> LabelArray | None:  # noqa: ARG002 (files have their own grid)
        if entry.labels is None:
            raise unpaired(f"The image {entry.name} has no labels of the same name.")
        values, grid = read_label_image(entry.labels)
        return LabelArray(self.values.translated(values, entry.labels.name), grid, self.values.known)

    def _folders(self) -> tuple[Path, Path]:
        for images, labels in FOLDERS:
            if (self.data.folder / images).is_dir() and (self.data.folder / labels).is_dir():
                return self.data.folder / images, self.data.folder / labels
        raise wrong_layout(self.data.folder, "images and labels, or imagesTr and labelsTr")


def patient_in(name: str, pattern: str) -> str:
    """The patient that the first group of ``pattern`` finds in a scan's name; otherwise the name itself."""
    found = re.search(pattern, name) if pattern else None
    return found.group(1) if found else name


def _by_name(folder: Path) -> dict[str, Path]:
    """Files and folders by name without ending; hidden ones and foreign files (lists, notes) left out."""
    found = {}
    for path in sorted(folder.iterdir()):
        name = plain_name(path)
        if not path.name.startswith(".") and (path.is_dir() or name != path.name):
            found[name] = path
    return found
