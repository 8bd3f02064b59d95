"""Shape per organ: surface, sphericity, oriented extents, diameter; and how the two sides compare.

Definitions are those of PyRadiomics (https://pyradiomics.readthedocs.io, Shape Features 3D) and of ITK
(LabelShapeStatistics), each named where it is used, in the patient's millimetres on a grid of any direction.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .runs import Indices, Runs, Vectors, find_runs
from .volume import Labelmap, Triple

if TYPE_CHECKING:
    from vtkmodules.vtkCommonDataModel import vtkPolyData

    from .measure import OrganMeasurements

HALF_STEPS = np.concatenate([np.eye(3), -np.eye(3)], axis=1) / 2  # from a voxel's centre to its six faces'


@dataclass(frozen=True)
class OrganShape:
    """The shape of one organ, of its visible part where the scan cuts it off; None for all of an absent one.

    Attributes:
        name, label: as in the organ's measurements.
        surface_area_mm2: of the closed surface.
        surface_volume_ml: enclosed by it.
        sphericity: (36 pi V^2)^(1/3) / A of volume and area of the surface, 1 for a ball (PyRadiomics'
            Sphericity); None for a surface that smoothing made a point.
        max_diameter_mm: largest distance between two points on the faces between voxels inside and outside,
            in their middles (PyRadiomics' Maximum3DDiameter).
        extents_mm: sides of the oriented bounding box, the longest first: along the principal axes, around
            whole voxels (ITK's OrientedBoundingBoxSize).
        extent_axes: LPS unit vectors along these sides, in the same order.
        axis_lengths_mm: major, minor, least: 4 sqrt of the eigenvalues of the covariance of the voxels'
            centres (PyRadiomics' MajorAxisLength, MinorAxisLength, LeastAxisLength); a solid ellipsoid's own
            axes are sqrt(5) / 2 times as long.
        elongation: minor axis / major axis, 1 for a round section; None for a single voxel (PyRadiomics).
        flatness: least axis / major axis, 0 for a flat organ; None for a single voxel (PyRadiomics).
    """

    name: str
    label: int
    surface_area_mm2: float | None = None
    surface_volume_ml: float | None = None
    sphericity: float | None = None
    max_diameter_mm: float | None = None
    extents_mm: Triple | None = None
    extent_axes: tuple[Triple, Triple, Triple] | None = None
    axis_lengths_mm: Triple | None = None
    elongation: float | None = None
    flatness: float | None = None


@dataclass(frozen=True)
class SideRatio:
    """The volumes of a paired organ compared.

    Attributes:
        name: without the side (``kidney``).
        left_ml, right_ml: None for a side that was not found.
        ratio: left / right; None where a side is not found or cut off, so that parts are not compared.
        remark: a sentence that says why there is no ratio.
    """

    name: str
    left_ml: float | None
    right_ml: float | None
    ratio: float | None
    remark: str = ""


def measure_shapes(labelmap: Labelmap, surfaces: Mapping[int, vtkPolyData]) -> list[OrganShape]:
    """The shape of every organ of ``labelmap.organs``, found or not, in label order.

    Args:
        labelmap: on any grid.
        surfaces: closed surfaces by label, in LPS millimetres; those that are missing are made.
    """
    from .surfaces import extract_surfaces

    runs = find_runs(labelmap)
    missing = runs.keys() - surfaces.keys()
    made = {**surfaces, **(extract_surfaces(labelmap, organs=missing) if missing else {})}

    def shape(label: int) -> OrganShape:
        name = labelmap.organs[label].name
        if label not in runs:
            return OrganShape(name, label)
        return _shape(name, label, runs[label], labelmap.grid.affine[:3, :3], made[label])

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(shape, sorted(labelmap.organs)))


def side_ratios(measurements: Sequence[OrganMeasurements]) -> list[SideRatio]:
    """Left to right of every organ that was measured on both sides (``kidney``)."""
    measured = {organ.name: organ for organ in measurements}
    names = [name.removesuffix("_left") for name in measured if name.endswith("_left")]
    return [
        _ratio(name, measured[f"{name}_left"], measured[f"{name}_right"])
        for name in names
        if f"{name}_right" in measured
    ]


def _ratio(name: str, left: OrganMeasurements, right: OrganMeasurements) -> SideRatio:
    left_ml, right_ml = (side.volume_ml if side.status == "found" else None for side in (left, right))
    remarks = []
    for word, side in (("left", left), ("right", right)):
        title = f"{word} {name.replace('_', ' ')}"
        if side.status == "absent":
            remarks.append(f"The {title} was not found.")
        elif side.truncated:
            remarks.append(f"The scan cuts off the {title}.")
    if left_ml is None or right_ml is None or remarks:
        return SideRatio(name, left_ml, right_ml, None, " ".join(remarks))
    return SideRatio(name, left_ml, right_ml, left_ml / right_ml)


def _shape(name: str, label: int, runs: Runs, affine: Vectors, surface: vtkPolyData) -> OrganShape:
    """``affine`` [3, 3] takes steps of an index to millimetres."""
    from .surfaces import area_mm2, volume_mm3

    area, volume = area_mm2(surface), volume_mm3(surface)
    corners = _hull(runs.ends)
    variances, axes = np.linalg.eigh(affine @ runs.covariance @ affine.T)
    sides = np.ptp(axes.T @ affine @ corners, axis=1) + np.abs(axes.T @ affine).sum(axis=1)
    longest = np.argsort(-sides, kind="stable")
    least, minor, major = 4 * np.sqrt(np.maximum(variances, 0))
    return OrganShape(
        name,
        label,
        area,
        volume / 1000,
        float((36 * np.pi * volume**2) ** (1 / 3) / area) if area else None,
        _diameter_mm(corners, affine),
        _triple(sides[longest]),
        tuple(_triple(_pointing(axes[:, axis])) for axis in longest),  # type: ignore[arg-type]
        _triple([major, minor, least]),
        float(minor / major) if major else None,
        float(least / major) if major else None,
    )


def _diameter_mm(corners: Indices, affine: Vectors) -> float:
    """Largest distance between points half a step away from ``corners`` [3, n], the organ's outermost voxels.

    Between two voxels of the organ such a point is no further out than they are, so that only those between
    inside and outside count.
    """
    from scipy.spatial.distance import pdist

    reached = _hull((corners[:, :, None] + HALF_STEPS[:, None]).reshape(3, -1))
    return float(pdist((affine @ reached).T).max())


def _hull(points: NDArray[Any]) -> NDArray[Any]:
    """The points [3, n] at corners of their convex hull; all of them where they lie in one plane."""
    from scipy.spatial import ConvexHull, QhullError

    try:
        corners: NDArray[Any] = points[:, ConvexHull(points.T).vertices]
    except QhullError:
        return points
    return corners


def _pointing(axis: Vectors) -> Vectors:
    """The axis in that of its two directions in which its largest component is positive."""
    turned: Vectors = axis * np.sign(axis[np.argmax(np.abs(axis))])
    return turned


def _triple(values: Sequence[float] | Vectors) -> Triple:
    return float(values[0]), float(values[1]), float(values[2])
