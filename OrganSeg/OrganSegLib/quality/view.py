"""An organ seen coarsely: enough to judge it, and equally quick for a gland and for a lung."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..field import Box, Field, box_of
from ..measure import OrganMeasurements
from ..volume import Labelmap, Scan

VOXELS = 100_000  # that an organ's box has at most, about: a slice of the bowel is some voxels wide


@dataclass(frozen=True)
class OrganView:
    """Every so-many-th voxel of an organ's box, and one more on each side that the field of view shows.

    Attributes:
        mask: the organ, [k, j, i].
        free: what is no organ at all.
        hu: of the scan at these voxels.
        spacing_mm: between them, along k, j, i.
        share: of the organ's voxels that these stand for, about 1; far from it where the organ is as regular
            as a comb.
        ends: [axis, end]: area of the organ's first and last plane, relative to its largest along that axis.
        cut: [axis, end]: it touches the end of the grid, or of what was scanned of it, there.
        planes: voxels that the organ extends along k, j, i at full resolution.
        cut_faces: where the field of view cuts it, see `Field.cut_faces`.
    """

    mask: NDArray[np.bool_]
    free: NDArray[np.bool_]
    hu: NDArray[Any]
    spacing_mm: NDArray[np.float64]
    share: float
    ends: NDArray[np.float64]
    cut: NDArray[np.bool_]
    planes: NDArray[np.int64]
    cut_faces: tuple[str, ...]


def look(scan: Scan, labelmap: Labelmap, found: OrganMeasurements, field: Field) -> OrganView:
    """The view of an organ that was found."""
    extent = found.extent or (0,) * 6
    box = box_of(extent[::2], extent[1::2])
    spacing = np.array(labelmap.grid.spacing_mm[::-1])
    planes = np.array([own.stop - own.start for own in box])
    wanted = (np.prod(planes * spacing) / VOXELS) ** (1 / 3)
    step = np.clip(np.round(wanted / spacing), 1, planes).astype(int)
    every = [slice(own.start, own.stop, int(n)) for own, n in zip(box, step, strict=True)]
    around = tuple(_grown(*parts) for parts in zip(every, field.box, strict=True))
    labels = labelmap.voxels[around]
    mask = labels == found.label
    return OrganView(
        mask,
        labels == 0,
        scan.voxels[around],
        spacing * step,
        float(mask.sum() * step.prod() / found.voxels),
        _ends(labelmap, found.label, box, every, mask),
        np.array([(own.start <= a.start, own.stop >= a.stop) for own, a in zip(box, field.box, strict=True)]),
        planes,
        field.cut_faces(labelmap.voxels, found.label, box),
    )


def _grown(own: slice, seen: slice) -> slice:
    """A step more at each end, as far as something was seen there."""
    start = own.start - own.step if own.start - own.step >= seen.start else own.start
    stop = own.stop + own.step if own.stop - 1 + own.step < seen.stop else own.stop
    return slice(start, stop, own.step)


def _ends(
    labelmap: Labelmap, label: int, box: Box, every: list[slice], mask: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Areas of the outermost planes relative to the largest, [axis, end]."""
    ends = np.empty((3, 2))
    for axis, own in enumerate(box):
        largest = mask.sum(axis=tuple(other for other in range(3) if other != axis)).max()
        for end, plane in enumerate((own.start, own.stop - 1)):
            at = tuple(plane if n == axis else part for n, part in enumerate(every))
            ends[axis, end] = np.count_nonzero(labelmap.voxels[at] == label) / max(1, largest)
    return ends
