"""The layout ``listed``: scans named one by one, each with numbering, role, weight and licence."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from OrganSegLib.ingest import read_study
from OrganSegLib.preprocess import resample
from OrganSegLib.volume import Scan

from ..config.base import Section
from ..config.data import Role
from .faults import image_of
from .label_image import read_label_image
from .lungs import LUNGS, label_lungs
from .numbering import numbering
from .options import read_options
from .reader import Entry, LabelArray
from .values import LabelValues

if TYPE_CHECKING:
    from ..config import Config
    from ..config.data import Data


class ListedScan(Section):
    """One scan of the list.

    Attributes:
        name: of the case.
        image, labels: relative to the collection's folder; without labels the lungs are labelled by rule.
        numbering: of the labels: ``v1``, ``v2`` or ``organseg``; empty for the collection's own ``labels``.
        patient: where several scans show one; otherwise the name.
        role, weight, licence: as of the collection, which they override.
    """

    name: str
    image: Path
    labels: Path | None = None
    numbering: str = ""
    patient: str = ""
    role: Role | None = None
    weight: float = 1.0
    licence: str = ""


class ListedOptions(Section):
    """What is in the collection.

    Attributes:
        scans: of the collection.
        names_v2: file with the names of the numbering ``v2``, relative to the collection's folder.
    """

    scans: tuple[ListedScan, ...]
    names_v2: Path | None = None


class Listed:
    """Options: see `ListedOptions`."""

    def __init__(self, data: Data, config: Config) -> None:
        self.data, self.config = data, config
        self.options = read_options(data, ListedOptions)
        self.scans = {scan.name: scan for scan in self.options.scans}

    def entries(self) -> list[Entry]:
        folder = self.data.folder
        return [
            Entry(
                scan.name,
                scan.patient or scan.name,
                folder / scan.image,
                folder / scan.labels if scan.labels else None,
                scan.role or self.data.role,
                scan.weight,
                scan.licence or self.data.licence,
            )
            for scan in self.scans.values()
        ]

    def scan(self, entry: Entry) -> Scan:
        return read_study(image_of(entry))

    def labels(self, entry: Entry, scan: Scan) -> LabelArray | None:
        if entry.labels is None:
            # The rule speaks of millimetres across the body: it needs the network's grid.
            hu, grid = resample(scan, self.config.spacing_mm)
            values = label_lungs(hu, grid.spacing_mm[0], self.config.classes)
            return LabelArray(values, grid, LUNGS)
        values, grid = read_label_image(entry.labels)
        meaning = self._meaning(self.scans[entry.name].numbering)
        return LabelArray(meaning.translated(values, entry.labels.name), grid, meaning.known)

    def _meaning(self, published: str) -> LabelValues:
        if not published:
            return LabelValues.of(self.data, self.config.classes)
        names_v2 = self.options.names_v2 and self.data.folder / self.options.names_v2
        return LabelValues.published(numbering(published, names_v2), self.config.classes)
