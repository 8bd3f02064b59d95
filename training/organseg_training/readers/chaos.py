"""The layout ``chaos``: the CT part of CHAOS, Combined Healthy Abdominal Organ Segmentation.

Kavur et al., Medical Image Analysis 69, 2021, doi:10.1016/j.media.2020.101950.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from OrganSegLib.ingest import read_study
from OrganSegLib.volume import Scan

from .faults import image_of, unpaired, wrong_layout
from .planes import natural, read_labels, stacked
from .reader import Entry, LabelArray
from .values import LabelValues

if TYPE_CHECKING:
    from ..config import Config
    from ..config.data import Data

IMAGES, LABELS = "DICOM_anon", "Ground"


class Chaos:
    """``<patient>/DICOM_anon/*.dcm`` with ``<patient>/Ground/*.png``, at any depth below the folder.

    Masks belong to slices in the order of the files' names (``i0000,0000b.dcm`` or ``IMG-0004-00001.dcm``
    with ``liver_GT_000.png``), pixel by pixel: nothing is mirrored. That order may run against the patient's
    axis, so each mask goes where its DICOM file says its slice is.
    """

    def __init__(self, data: Data, config: Config) -> None:
        self.data, self.values = data, LabelValues.of(data, config.classes)

    def entries(self) -> list[Entry]:
        found = sorted(self.data.folder.rglob(IMAGES), key=lambda path: natural(path.parent))
        if not found:
            raise wrong_layout(self.data.folder, f"folders with {IMAGES} and {LABELS}")
        return [self._entry(images) for images in found]

    def scan(self, entry: Entry) -> Scan:
        return read_study(image_of(entry))

    def labels(self, entry: Entry, scan: Scan) -> LabelArray | None:
        if entry.labels is None:
            raise unpaired(f"{entry.name} has no folder {LABELS} with masks.")
        slices = sorted(image_of(entry).glob("*.dcm"), key=natural)
        masks = sorted(entry.labels.glob("*.png"), key=natural)
        if len(slices) != len(masks):
            raise unpaired(f"{entry.name} has {len(slices)} slices and {len(masks)} masks.")
        mask_of = {path.name: mask for path, mask in zip(slices, masks, strict=True)}
        return stacked(
            entry.name, scan, lambda file: read_labels(mask_of[file.name], self.values), self.values.known
        )

    def _entry(self, images: Path) -> Entry:
        patient = images.parent
        name = "_".join(("chaos", *patient.relative_to(self.data.folder).parts))
        labels = patient / LABELS
        return Entry(
            name,
            name,
            images,
            labels if labels.is_dir() else None,
            self.data.role,
            licence=self.data.licence,
        )
