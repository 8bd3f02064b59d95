"""Numbers per organ: volume, Hounsfield units, where it is, and whether the scan cuts it off."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from .attenuation import attenuation
from .field import Field, box_of
from .runs import Runs, find_runs
from .volume import Grid, Labelmap, Scan, Triple

if TYPE_CHECKING:
    from vtkmodules.vtkCommonDataModel import vtkPolyData


@dataclass(frozen=True)
class OrganMeasurements:
    """What was measured of one organ. An absent organ has 0 voxels, 0 ml and None for the rest.

    Attributes:
        name: the organ's name (``kidney_left``).
        label: its value in the labelmap.
        status: ``found`` or ``absent``.
        voxels: how many voxels carry the label.
        volume_ml: voxels times the volume of one voxel.
        mean_hu, sd_hu, median_hu, min_hu, max_hu, p5_hu, p25_hu, p75_hu, p95_hu: of the scan inside the
            organ, see `Attenuation`.
        surface_area_mm2: area of the closed surface, see `with_areas`.
        bounds_mm: corners (lowest, highest) of the box around the organ's voxels, LPS.
        extent: lowest and highest index (i, i, j, j, k, k), both inside the organ.
        centroid_mm: mean position of its voxel centres, LPS.
        truncated: the organ touches the end of what was scanned, so its volume is a lower limit.
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
    p5_hu: float | None = None
    p25_hu: float | None = None
    p75_hu: float | None = None
    p95_hu: float | None = None
    surface_area_mm2: float | None = None
    bounds_mm: tuple[Triple, Triple] | None = None
    centroid_mm: Triple | None = None
    extent: tuple[int, ...] | None = None
    truncated: bool | None = None


def measure(scan: Scan, labelmap: Labelmap) -> list[OrganMeasurements]:
    """Measure every organ of ``labelmap.organs``, found or not, in label order.

    The scan and the labelmap lie on the same grid.
    """
    runs, field = find_runs(labelmap), Field.of(scan)

    def measured(label: int) -> OrganMeasurements:
        name = labelmap.organs[label].name
        if label not in runs:
            return OrganMeasurements(name, label)
        own, grid = runs[label], labelmap.grid
        lowest, highest = own.ends.min(axis=1), own.ends.max(axis=1)
        return OrganMeasurements(
            name,
            label,
            "found",
            own.voxels,
            own.voxels * grid.voxel_ml,
            **asdict(attenuation(own.values(scan.voxels))),
            bounds_mm=_bounds(own, grid),
            centroid_mm=_triple(grid.affine @ [*own.centroid, 1.0]),
            extent=tuple(int(end) for ends in zip(lowest, highest, strict=True) for end in ends),
            truncated=bool(field.cut_faces(labelmap.voxels, label, box_of(lowest, highest))),
        )

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(measured, sorted(labelmap.organs)))


def with_areas(
    measurements: Sequence[OrganMeasurements], surfaces: Mapping[int, vtkPolyData]
) -> list[OrganMeasurements]:
    """The same, with the areas of those organs that have a surface. No flag depends on them."""
    from .surfaces import area_mm2

    def filled(organ: OrganMeasurements) -> OrganMeasurements:
        surface = surfaces.get(organ.label)
        return replace(organ, surface_area_mm2=area_mm2(surface)) if surface is not None else organ

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(filled, measurements))


def _bounds(runs: Runs, grid: Grid) -> tuple[Triple, Triple]:
    """The LPS box around the organ's voxels, half a voxel beyond the outermost centres.

    On an oblique grid the corners of the index box lie outside the organ, so its own voxels are looked at.
    """
    points = grid.affine[:3, :3] @ runs.ends + grid.affine[:3, 3:]
    half = np.abs(grid.affine[:3, :3]).sum(axis=1) / 2
    return _triple(points.min(axis=1) - half), _triple(points.max(axis=1) + half)


def _triple(values: NDArray[np.float64]) -> Triple:
    return float(values[0]), float(values[1]), float(values[2])
