"""Numbers per organ: volume, Hounsfield units, where it is, and whether the scan cuts it off."""

from __future__ import annotations

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from .volume import Grid, Labelmap, Scan, Triple

if TYPE_CHECKING:
    from vtkmodules.vtkCommonDataModel import vtkPolyData

SLAB = 8  # slices taken at a time: small enough for the cache, large enough to pay for a call
Counts = NDArray[np.int64]
Box = tuple[slice, slice, slice]


@dataclass(frozen=True)
class OrganMeasurements:
    """What was measured of one organ. An absent organ has 0 voxels, 0 ml and None for the rest.

    Attributes:
        name: the organ's name (``kidney_left``).
        label: its value in the labelmap.
        status: ``found`` or ``absent``.
        voxels: how many voxels carry the label.
        volume_ml: voxels times the volume of one voxel.
        mean_hu, median_hu, min_hu, max_hu: of the scan inside the organ.
        sd_hu: sample standard deviation (N - 1), as in Slicer's Segment Statistics; None for one voxel.
        surface_area_mm2: area of the closed surface, None when no surfaces were given.
        bounds_mm: corners (lowest, highest) of the box around the organ's voxels, LPS.
        extent: lowest and highest index (i, i, j, j, k, k), both inside the organ.
        centroid_mm: mean position of its voxel centres, LPS.
        truncated: the organ touches the border of the scan, so its volume is a lower limit.
    """

    name: str
    label: int
    status: Literal["found", "absent"] = "absent"
    voxels: int = 0
    volume_ml: float = 0.0
    mean_hu: float | None = None
    sd_hu: float | None = None
    median_hu: float | None = None
    min_hu: float | None = None
    max_hu: float | None = None
    surface_area_mm2: float | None = None
    bounds_mm: tuple[Triple, Triple] | None = None
    centroid_mm: Triple | None = None
    extent: tuple[int, ...] | None = None
    truncated: bool | None = None


def measure(
    scan: Scan, labelmap: Labelmap, surfaces: Mapping[int, vtkPolyData] | None = None
) -> list[OrganMeasurements]:
    """Measure every organ of ``labelmap.organs``, found or not, in label order.

    The scan and the labelmap lie on the same grid. One pass over the voxels counts labels along each axis
    and, where Hounsfield units are integers, per unit; only labelled voxels are looked at.
    """
    tally = _tally(scan.voxels, labelmap)
    measured = []
    for label, organ in sorted(labelmap.organs.items()):
        box = _index_box(tally, label)
        if box is None:
            measured.append(OrganMeasurements(organ.name, label))
            continue
        voxels = int(tally.along[0][label].sum())
        measured.append(
            OrganMeasurements(
                organ.name,
                label,
                "found",
                voxels,
                voxels * labelmap.grid.voxel_ml,
                *_hounsfield(scan.voxels, labelmap.voxels, tally, label, box),
                _area(surfaces, label),
                _bounds(labelmap, label, box),
                _centroid(tally, label, labelmap.grid),
                tuple(end for part in box[::-1] for end in (part.start, part.stop - 1)),
                any(
                    part.start == 0 or part.stop == n
                    for part, n in zip(box, labelmap.grid.shape, strict=True)
                ),
            )
        )
    return measured


@dataclass(frozen=True)
class _Tally:
    """Voxels per label, [label, ...]: along the axes k, j, i, and per Hounsfield unit of an integer scan."""

    along: tuple[Counts, Counts, Counts]
    hu: Counts
    lowest_hu: int


def _tally(hu: NDArray[Any], labelmap: Labelmap) -> _Tally:
    shape = labelmap.voxels.shape
    values = max(labelmap.organs, default=0) + 1
    lowest, bins = (int(hu.min()), int(hu.max()) - int(hu.min()) + 1) if _is_integer(hu) else (0, 0)
    workers = os.cpu_count() or 1
    edges = np.linspace(0, shape[0], workers + 1).astype(int)

    def count(part: int) -> _Tally:
        along = tuple(np.zeros((values, n), np.int64) for n in shape)
        tally = _Tally((along[0], along[1], along[2]), np.zeros((values, bins), np.int64), lowest)
        for start in range(edges[part], edges[part + 1], SLAB):
            _count_slab(tally, hu, labelmap.voxels, range(start, min(start + SLAB, edges[part + 1])))
        return tally

    with ThreadPoolExecutor(workers) as pool:
        total, *others = pool.map(count, range(workers))
    for other in others:
        for mine, theirs in zip((*total.along, total.hu), (*other.along, other.hu), strict=True):
            mine += theirs
    return total


def _is_integer(hu: NDArray[Any]) -> bool:
    return hu.dtype.kind in "iu"


def _count_slab(tally: _Tally, hu: NDArray[Any], labels: NDArray[Any], planes: range) -> None:
    """Add the voxels of ``planes`` to ``tally``."""
    slab = labels[planes.start : planes.stop]
    inside = np.flatnonzero(slab != 0)
    label = slab.ravel()[inside].astype(np.intp)
    plane, row, column = np.unravel_index(inside, slab.shape)
    for counts, position in zip(tally.along, (plane + planes.start, row, column), strict=True):
        _add(counts, label, position)
    if tally.hu.size:
        value = hu[planes.start : planes.stop].ravel()[inside]
        _add(tally.hu, label, value.astype(np.intp) - tally.lowest_hu)


def _add(counts: Counts, label: NDArray[np.intp], position: NDArray[np.intp]) -> None:
    """``counts[label, position] += 1`` for every voxel."""
    flat = np.bincount(label * counts.shape[1] + position, minlength=counts.size)
    counts += flat.reshape(counts.shape)


def _index_box(tally: _Tally, label: int) -> Box | None:
    """Smallest slices (k, j, i) that hold the label."""
    ends = [np.flatnonzero(counts[label])[[0, -1]] for counts in tally.along if counts[label].any()]
    return (*(slice(int(a), int(b) + 1) for a, b in ends),) if ends else None  # type: ignore[return-value]


def _hounsfield(
    hu: NDArray[Any], labels: NDArray[Any], tally: _Tally, label: int, box: Box
) -> tuple[float, float | None, float, float, float]:
    """Mean, SD, median, lowest and highest value."""
    if not tally.hu.size:
        values = hu[box][labels[box] == label]
        mean = float(values.mean(dtype=np.float64))
        sd = float(values.std(ddof=1, dtype=np.float64)) if values.size > 1 else None
        return mean, sd, float(np.median(values)), float(values.min()), float(values.max())
    counts = tally.hu[label]
    units = np.flatnonzero(counts)
    weights = counts[units]
    n = int(weights.sum())
    mean = float(units @ weights) / n
    squares = float((units - mean) ** 2 @ weights)
    ranks = np.searchsorted(np.cumsum(weights), [(n - 1) // 2, n // 2], side="right")
    shift = tally.lowest_hu
    return (
        mean + shift,
        (squares / (n - 1)) ** 0.5 if n > 1 else None,
        float(units[ranks].mean()) + shift,
        float(units[0] + shift),
        float(units[-1] + shift),
    )


def _centroid(tally: _Tally, label: int, grid: Grid) -> Triple:
    kji = [np.average(np.arange(counts.shape[1]), weights=counts[label]) for counts in tally.along]
    return _triple(grid.affine @ [*kji[::-1], 1.0])


def _bounds(labelmap: Labelmap, label: int, box: Box) -> tuple[Triple, Triple]:
    """The LPS box around the organ's voxels, half a voxel beyond the outermost centres.

    On an oblique grid the corners of the index box lie outside the organ, so the ends of each row of voxels
    are used: no other voxel can be outermost along any direction.
    """
    affine = labelmap.grid.affine
    inside = labelmap.voxels[box] == label
    k, j = np.nonzero(inside.any(axis=2))
    rows = inside[k, j]
    first, last = rows.argmax(axis=1), rows.shape[1] - 1 - rows[:, ::-1].argmax(axis=1)
    kji = [np.tile(k, 2), np.tile(j, 2), np.concatenate([first, last])]
    index = np.stack([axis + part.start for axis, part in zip(kji, box, strict=True)][::-1])
    points = affine[:3, :3] @ index + affine[:3, 3:]
    half = np.abs(affine[:3, :3]).sum(axis=1) / 2
    return _triple(points.min(axis=1) - half), _triple(points.max(axis=1) + half)


def _triple(values: NDArray[np.float64]) -> Triple:
    return float(values[0]), float(values[1]), float(values[2])


def _area(surfaces: Mapping[int, vtkPolyData] | None, label: int) -> float | None:
    if surfaces is None or label not in surfaces:
        return None
    from .surfaces import area_mm2

    return area_mm2(surfaces[label])
