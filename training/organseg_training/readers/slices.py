"""The layout ``slices``: single DICOM slices in one folder, their masks in another."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from OrganSegLib.volume import Scan

from ..config.base import Section
from .faults import unpaired, wrong_layout
from .options import read_options
from .planes import MASKS, natural, read_labels, stacked
from .reader import Entry, LabelArray
from .series import read_series, series_of
from .values import LabelValues

if TYPE_CHECKING:
    from ..config import Config
    from ..config.data import Data

IMAGES, LABELS = "dicoms", "labels"


class SliceOptions(Section):
    """How names tell the patient.

    Attributes:
        patient: regular expression whose first group is the patient within a file's name; otherwise the
            files' patient ID tells patients apart, and is not kept.
    """

    patient: str = ""


class Slices:
    """``dicoms/NAME.dcm`` with ``labels/NAME.npy``, ``.png`` or ``.jpg``.

    Slices of one series make one case, next to each other or not. A 3D network needs series without gaps.
    Options: see `SliceOptions`.
    """

    def __init__(self, data: Data, config: Config) -> None:
        self.data, self.dimensions = data, config.dimensions
        self.values = LabelValues.of(data, config.classes)
        self.options = read_options(data, SliceOptions)

    def entries(self) -> list[Entry]:
        images, labels = self.data.folder / IMAGES, self.data.folder / LABELS
        if not (images.is_dir() and labels.is_dir()):
            raise wrong_layout(self.data.folder, f"{IMAGES} and {LABELS}")
        slices = sorted((p for p in images.iterdir() if not p.name.startswith(".")), key=natural)
        masks = {p.stem: p for p in sorted(labels.iterdir()) if p.suffix.lower() in MASKS}
        series = series_of(slices, self.options.patient)
        patients = list(dict.fromkeys(patient for patient, _ in series))
        entries = []
        for (patient, _), files in series.items():
            shown = patient if self.options.patient else f"patient_{patients.index(patient) + 1:03d}"
            drawn = [masks[path.stem] for path in files if path.stem in masks]
            entries.append(self._entry(files[0].stem, shown, (*files, *drawn)))
        alone = sorted(set(masks) - {path.stem for path in slices})
        return entries + [self._entry(name, name, (masks[name],)) for name in alone]

    def scan(self, entry: Entry) -> Scan:
        files = [path for path in entry.files if path.parent.name == IMAGES]
        if not files:
            raise unpaired(f"The mask {entry.files[0].name} has no slice of the same name.")
        return read_series(files, self.dimensions)

    def labels(self, entry: Entry, scan: Scan) -> LabelArray | None:
        masks = {path.stem: path for path in entry.files if path.parent.name == LABELS}

        def plane(file: Path) -> NDArray[np.uint8]:
            if file.stem not in masks:
                raise unpaired(f"The slice {file.name} has no mask of the same name.")
            return read_labels(masks[file.stem], self.values)

        return stacked(entry.name, scan, plane, self.values.known)

    def _entry(self, name: str, patient: str, files: tuple[Path, ...]) -> Entry:
        return Entry(name, patient, None, None, self.data.role, licence=self.data.licence, files=files)
