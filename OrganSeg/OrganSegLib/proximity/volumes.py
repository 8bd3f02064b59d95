"""What target and safety margins take of the organs, in whole voxels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage as ndi

from ..volume import Labelmap, Triple
from .kinds import Margin, Status
from .target import Mask
from .vicinity import Vicinity, triple

SLAB = 16  # slices counted at a time: counting needs 8 bytes per voxel


class Volumes:
    """Counts of all organs at once.

    Attributes:
        labels: label values in the vicinity, [k, j, i].
    """

    def __init__(self, labelmap: Labelmap, near: Vicinity, margins_mm: Sequence[float]) -> None:
        self.labels = labelmap.voxels[near.box]
        self._values = max(labelmap.organs, default=0) + 1
        self._near, self._voxel_ml = near, labelmap.grid.voxel_ml
        self._beside = ndi.binary_dilation(near.inside) & ~near.inside
        self._in_target = self._count(self.labels[near.inside])
        self._next_to_it = self._count(self.labels[self._beside])
        slabs = range(0, len(labelmap.voxels), SLAB)
        self._whole = sum(
            (self._count(labelmap.voxels[k : k + SLAB].ravel()) for k in slabs), np.zeros(self._values, int)
        )
        self._margins = {mm: near.mm <= mm for mm in margins_mm}
        self._in_margin = {mm: self._count(self.labels[mask]) for mm, mask in self._margins.items()}

    def volume_ml(self, label: int) -> float:
        return float(self._whole[label] * self._voxel_ml)

    def overlap_ml(self, label: int) -> float:
        return float(self._in_target[label] * self._voxel_ml)

    def status(self, label: int) -> Status:
        if not self._whole[label]:
            return "absent"
        if self._in_target[label]:
            return "overlapping"
        return "touching" if self._next_to_it[label] else "apart"

    def meeting_place(self, label: int) -> Triple:
        """The voxel in the middle of where target and organ overlap or touch, LPS."""
        shared = self._near.inside if self._in_target[label] else self._beside
        voxels = np.argwhere(shared & (self.labels == label))
        middle = np.abs(voxels - voxels.mean(axis=0)).sum(axis=1).argmin()
        return triple(self._near.grid.affine @ [*voxels[middle][::-1], 1.0])

    def margins(self, label: int) -> tuple[Margin, ...]:
        """What each margin takes of an organ that is there."""
        return tuple(self._margin(label, mm) for mm in self._margins)

    def _margin(self, label: int, mm: float) -> Margin:
        inside, whole = int(self._in_margin[mm][label]), int(self._whole[label])
        remaining = whole - inside
        return Margin(
            mm,
            inside * self._voxel_ml,
            100 * inside / whole,
            remaining * self._voxel_ml,
            100 * remaining / whole,
            self._leaves(label, self._margins[mm]),
        )

    def _leaves(self, label: int, margin: Mask) -> bool | None:
        if self.status(label) == "apart":
            return None
        return bool((margin & ~self._near.inside & (self.labels != label)).any())

    def _count(self, labels: NDArray[Any]) -> NDArray[np.int64]:
        """Voxels per label."""
        return np.bincount(labels, minlength=self._values)[: self._values]
