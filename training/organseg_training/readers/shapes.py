"""The layout ``shapes``: label maps without scans, of which images are painted while the network learns."""

from __future__ import annotations

import zlib
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray
from OrganSegLib.preprocess import network_grid
from OrganSegLib.volume import Grid, Scan, Source, Triple

from ..config.base import Section
from ..files import plain_name
from ..grids import nearest_labels
from .faults import wrong_layout
from .label_image import read_label_image
from .options import read_options
from .reader import Entry, LabelArray
from .template import surround
from .values import LabelValues

if TYPE_CHECKING:
    from ..config import Config
    from ..config.data import Data


class ShapeOptions(Section):
    """Which files there are, and how they are stored.

    Attributes:
        files: pattern of their names.
        mirrored: patient axes along which they are stored the wrong way round.
    """

    files: str = "*.nii.gz"
    mirrored: tuple[Literal["x", "y", "z"], ...] = ()


class Shapes:
    """Every file is one person; the collection's ``labels`` name the organs that were drawn.

    The body around them is a fitted phantom of the engine (see `template`), another one for each file. Only
    the drawn organs are known: background stays unknown, whatever the phantom shows there.

    Options: see `ShapeOptions`.
    """

    def __init__(self, data: Data, config: Config) -> None:
        self.data, self.config = data, config
        self.values = LabelValues.of(data, config.classes)
        self.options = read_options(data, ShapeOptions)

    def entries(self) -> list[Entry]:
        files = sorted(self.data.folder.glob(self.options.files))
        if not files:
            raise wrong_layout(self.data.folder, f"label maps called {self.options.files}")
        names = [plain_name(path) for path in files]
        return [
            Entry(name, name, None, path, self.data.role, licence=self.data.licence, painted=True)
            for name, path in zip(names, files, strict=True)
        ]

    def scan(self, entry: Entry) -> Scan:
        labels = self._on_patient_axes(entry)
        known = {self.config.classes.index[name]: name for name in labels.known}
        hu = surround(labels.values, known, labels.grid, entry.name, zlib.crc32(entry.name.encode()))
        return Scan(hu, labels.grid, Source(str(entry.labels), "labels", modality="CT"))

    def labels(self, entry: Entry, scan: Scan) -> LabelArray:  # noqa: ARG002 (it was painted around them)
        return self._on_patient_axes(entry)

    def _on_patient_axes(self, entry: Entry) -> LabelArray:
        assert entry.labels is not None  # noqa: S101 (`entries` gives a file to each)
        values, grid = _resampled(entry.labels, self.config.spacing_mm)
        values = np.flip(values, tuple("zyx".index(axis) for axis in self.options.mirrored))
        return LabelArray(self.values.translated(values, entry.labels.name), grid, self.values.known)


@lru_cache(maxsize=1)  # scan and labels are asked for one after the other
def _resampled(path: Path, spacing_mm: Triple) -> tuple[NDArray[Any], Grid]:
    """The nearest labels on the network's grid."""
    values, grid = read_label_image(path)
    target = network_grid(grid, spacing_mm)
    return nearest_labels(values, grid, target), target
