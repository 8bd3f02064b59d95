"""The layout ``ircadb``: 3D-IRCADb, unpacked or zipped as published.

https://www.ircad.fr/research/data-sets/liver-segmentation-3d-ircadb-01
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from OrganSegLib.ingest import read_study
from OrganSegLib.ingest.archive import extract
from OrganSegLib.scratch import PrivateFolder
from OrganSegLib.volume import Scan

from .faults import image_of, mixed_sizes, unpaired, wrong_layout
from .planes import natural, read_plane, stacked
from .reader import Entry, LabelArray
from .values import require_class

if TYPE_CHECKING:
    from ..config import Config
    from ..config.data import Data

IMAGES, LABELS = "PATIENT_DICOM", "MASKS_DICOM"


class Ircadb:
    """``<patient>/PATIENT_DICOM`` with ``<patient>/MASKS_DICOM/<organ>``, each a folder or a zip.

    Patients may be zips themselves. Slice and mask have the same file name (``image_0``). The collection's
    ``labels`` give class -> mask folder or folders, with wildcards: ``{liver: liver, lung_left: leftlung,
    tumour: livertumor*}``. Later classes are drawn over earlier ones. An organ without a folder was not drawn
    in that patient: it stays unknown there.
    """

    def __init__(self, data: Data, config: Config) -> None:
        self.data, self.classes = data, config.classes
        for name in data.labels:
            require_class(name, self.classes)
        self.patterns = {
            name: [str(one) for one in (given if isinstance(given, tuple) else (given,))]
            for name, given in data.labels.items()
        }

    def entries(self) -> list[Entry]:
        folder = self.data.folder
        parts = [path for path in folder.rglob(f"{IMAGES}*") if path.parent.name != IMAGES]
        found = sorted({path.parent for path in parts} or folder.glob("*.zip"), key=natural)
        if not found:
            raise wrong_layout(folder, f"patients with {IMAGES} and {LABELS}")
        return [self._entry(patient) for patient in found]

    def scan(self, entry: Entry) -> Scan:
        with _opened(image_of(entry), IMAGES) as folder:
            return read_study(folder)

    def labels(self, entry: Entry, scan: Scan) -> LabelArray | None:
        if entry.labels is None:
            raise unpaired(f"{entry.name} has no {LABELS}.")
        with _opened(entry.labels, LABELS) as folder:
            drawn = {
                name: [organ for organ in sorted(folder.iterdir()) if _matches(organ.name, patterns)]
                for name, patterns in self.patterns.items()
            }
            known = tuple(name for name, organs in drawn.items() if organs)

            def plane(file: Path) -> NDArray[np.uint8]:
                values = np.zeros(scan.grid.shape[1:], np.uint8)
                for name in known:
                    for organ in drawn[name]:
                        values[_mask(organ / file.name, entry.name, values.shape)] = self.classes.index[name]
                return values

            if not known:
                raise unpaired(f"{entry.name} has no mask folder of any class in `labels`.")
            return stacked(entry.name, scan, plane, known)

    def _entry(self, patient: Path) -> Entry:
        name = patient.stem if patient.suffix == ".zip" else patient.name
        image, labels = (_part(patient, part) for part in (IMAGES, LABELS))
        return Entry(name, name, image, labels, self.data.role, licence=self.data.licence)


def _part(patient: Path, name: str) -> Path | None:
    """The folder or zip of that name; a zipped patient holds both."""
    if patient.is_file():
        return patient
    return next((p for p in (patient / name, patient / f"{name}.zip") if p.exists()), None)


@contextmanager
def _opened(path: Path, name: str) -> Iterator[Path]:
    """The innermost folder ``name`` in ``path``, unpacked for as long as the context lasts."""
    if path.is_dir():
        inner = path / name  # unpacked into a folder of its own name
        yield inner if inner.is_dir() else path
        return
    with PrivateFolder() as temporary:
        extract(path, temporary)
        folder = next((p for p in temporary.rglob(name) if p.is_dir()), None)
        archive = next(temporary.rglob(f"{name}.zip"), None)
        if folder is None and archive is None:
            if path.stem != name:
                raise unpaired(f"{path.name} holds no {name}.")
            folder = temporary  # zipped without a folder of its own
        with _opened(folder or archive or path, name) as inner:
            yield inner


def _matches(folder: str, patterns: list[str]) -> bool:
    return any(fnmatch(folder.lower(), pattern.lower()) for pattern in patterns)


def _mask(file: Path, patient: str, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    if not file.exists():
        raise unpaired(f"{patient}: the mask of {file.parent.name} has no file {file.name}.")
    mask = read_plane(file) > 0
    if mask.shape != shape:
        raise mixed_sizes(f"{patient}: {file.parent.name}/{file.name} has another size than its slice.")
    return mask
