"""Which part of a grid the scanner saw, and where it cuts an organ off; the rest is padding.

Ingest sets whatever scanners write outside their field of view to -1024 HU (`ingest.hounsfield`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import permutations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .volume import Grid, Scan

Box = tuple[slice, slice, slice]

PADDING_HU = -1024
FACES = ("right", "front", "lower", "left", "back", "upper")  # where an LPS box begins and where it ends
COARSE_MM = 3.0  # fine enough to see the circle that a scanner reconstructs
SLICES = 24  # looked at: air in all of them, to the very unit, is no air
ROUND = 0.05  # how far from a circle


@dataclass(frozen=True)
class Field:
    """What the scanner saw of a grid.

    Attributes:
        grid: of the scan.
        box: slices (k, j, i) without padding at the ends of the body axis.
        blind: [row, column] of every `step`-th column along the body axis: it was never seen, as outside the
            circle that a scanner reconstructs; None where there is none.
        step: voxels between these along each of k, j, i; 1 along the body axis.
    """

    grid: Grid
    box: Box
    blind: NDArray[np.bool_] | None
    step: tuple[int, int, int]

    @classmethod
    def of(cls, scan: Scan) -> Field:
        """Look at a scan, coarsely."""
        hu, through = scan.voxels, body_axis(scan.grid)
        step = tuple(
            1 if axis == through else max(1, round(COARSE_MM / mm))
            for axis, mm in enumerate(scan.grid.spacing_mm[::-1])
        )
        box = [slice(0, n) for n in hu.shape]
        box[through] = _seen(np.moveaxis(hu, through, 0))
        rows, columns = _across(through)
        planes = np.moveaxis(hu, through, 0)[box[through]]
        some = planes[:: max(1, len(planes) // SLICES), :: step[rows], :: step[columns]]
        mm = [scan.grid.spacing_mm[2 - axis] * step[axis] for axis in (rows, columns)]
        blind = blind_columns(some, mm)
        return cls(scan.grid, (box[0], box[1], box[2]), blind, (step[0], step[1], step[2]))

    def cut_faces(self, labels: NDArray[Any], label: int, box: Box) -> tuple[str, ...]:
        """At which faces of its LPS box an organ touches the end of what was seen.

        Args:
            labels: of the whole grid, [k, j, i].
            label: of the organ.
            box: its smallest slices (k, j, i).
        """
        faces = set()
        for axis, (own, seen) in enumerate(zip(box, self.box, strict=True)):
            begin, end = face_names(self.grid, axis)
            faces |= {begin} if own.start <= seen.start else set()
            faces |= {end} if own.stop >= seen.stop else set()
        if self.blind is not None:
            faces |= self._into_the_blind(labels, label, box)
        return tuple(face for face in FACES if face in faces)

    def _into_the_blind(self, labels: NDArray[Any], label: int, box: Box) -> set[str]:
        """Faces on whose side the organ borders on columns that were never seen."""
        through = body_axis(self.grid)
        first = [-(-own.start // step) for own, step in zip(box, self.step, strict=True)]
        coarse = tuple(
            slice(start * step, own.stop, step)
            for start, own, step in zip(first, box, self.step, strict=True)
        )
        shadow = np.argwhere((labels[coarse] == label).any(axis=through))
        shadow += [first[axis] for axis in _across(through)]
        middle = (np.array(self._near.shape) - 1) / 2
        outwards = (shadow[self._near[tuple(shadow.T)]] - middle) / middle.clip(1)
        across = np.abs(outwards).argmax(axis=1)
        ends = outwards[np.arange(len(across)), across] > 0
        at = set(zip(across.tolist(), ends.tolist(), strict=True))
        return {face_names(self.grid, _across(through)[axis])[int(end)] for axis, end in at}

    @property
    def seen(self) -> Grid:
        """The part of the grid without padding at the ends of the body axis."""
        from .preprocess import crop_grid  # not at the top: what only counts voxels starts without SimpleITK

        return crop_grid(self.grid, self.box)

    @property
    def bounds_mm(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Corners (lowest, highest) of the LPS box around what was seen."""
        ends = np.array([(part.start - 0.5, part.stop - 0.5) for part in self.box[::-1]])
        corners = np.stack(np.meshgrid(*ends)).reshape(3, -1)
        points = self.grid.affine[:3, :3] @ corners + self.grid.affine[:3, 3:]
        return points.min(axis=1), points.max(axis=1)

    @cached_property
    def _near(self) -> NDArray[np.bool_]:
        """Columns next to, or among, those that were never seen."""
        from scipy import ndimage as ndi  # not at the top: a warm worker starts without it

        return np.asarray(ndi.binary_dilation(self.blind, np.ones((3, 3), bool)))


def box_of(lowest: Sequence[int], highest: Sequence[int]) -> Box:
    """Slices (k, j, i) from the lowest to the highest index (i, j, k)."""
    i, j, k = (slice(int(a), int(b) + 1) for a, b in zip(lowest, highest, strict=True))
    return k, j, i


def lps_axes(grid: Grid) -> tuple[int, ...]:
    """The LPS axis (0, 1, 2) that each array axis (k, j, i) is nearest to; no two the same."""
    along = np.abs(np.reshape(grid.direction, (3, 3)))[:, ::-1]
    return max(permutations(range(3)), key=lambda lps: along[lps, range(3)].sum())


def body_axis(grid: Grid) -> int:
    """Array axis (0, 1, 2 for k, j, i) nearest to the patient's long axis."""
    return lps_axes(grid).index(2)


def face_names(grid: Grid, axis: int) -> tuple[str, str]:
    """The LPS faces nearest to the beginning and the end of an array axis (0, 1, 2 for k, j, i)."""
    lps = lps_axes(grid)[axis]
    begin, end = FACES[lps], FACES[lps + 3]
    return (begin, end) if grid.direction[3 * lps + 2 - axis] > 0 else (end, begin)


def _across(through: int) -> list[int]:
    return [axis for axis in range(3) if axis != through]


def _seen(planes: NDArray[Any]) -> slice:
    """The planes between padding at both ends; all where there is nothing else."""
    coarse = [max(1, n // 64) for n in planes.shape[1:]]

    def padding(plane: int) -> bool:
        return bool(
            (planes[plane, :: coarse[0], :: coarse[1]] <= PADDING_HU).all()
            and (planes[plane] <= PADDING_HU).all()
        )

    start, stop = 0, len(planes)
    while start < stop and padding(start):
        start += 1
    while stop > start and padding(stop - 1):
        stop -= 1
    return slice(start, stop) if start < stop else slice(0, len(planes))


def blind_columns(planes: NDArray[Any], spacing_mm: Sequence[float]) -> NDArray[np.bool_] | None:
    """Columns outside the circle that a scanner reconstructs: padding in every plane; None without a circle.

    Args:
        planes: HU, [plane, row, column].
        spacing_mm: between rows and between columns.
    """
    from scipy import ndimage as ndi  # not at the top: a warm worker starts without it

    padding = (planes <= PADDING_HU).all(axis=0)
    blind = np.asarray(ndi.binary_opening(padding, np.ones((3, 3), bool)))
    seen = [np.flatnonzero((~blind).any(axis=axis)) for axis in (1, 0)]
    if not blind.any() or not seen[0].size:
        return None
    height, width = (np.ptp(ends) * mm for ends, mm in zip(seen, spacing_mm, strict=True))
    area = np.count_nonzero(~blind) * np.prod(spacing_mm)
    is_round = abs(height - width) < ROUND * height and area > (1 - ROUND) * np.pi / 4 * height * width
    return blind if is_round else None  # else somebody erased what is around the body
