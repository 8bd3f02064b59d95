"""Axial, coronal and sagittal planes through a scan on any grid, as a radiologist expects them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import label, map_coordinates

from .volume import Grid, Labelmap, Scan

Vector = NDArray[np.float64]
COARSE_MM = 4.0  # fine enough to see in which planes the organs lie
PIXELS = 640  # along the longer side of a slice
AIR_HU, TISSUE_HU = -1024.0, -300.0
MARGIN_MM = 8.0
THINNEST_MM = 1.0  # of a plane: a single voxel's centres span nothing


@dataclass(frozen=True)
class Plane:
    """A kind of slice: which LPS axis runs right and down in the picture, and which it is stacked along.

    Patient right is on the left of axial and coronal pictures, anterior on the left of sagittal ones.
    """

    name: str
    right: Vector
    down: Vector
    normal: int
    marks: tuple[str, str, str, str]  # at the left, right, top and bottom edge


LEFT, POSTERIOR, SUPERIOR = np.eye(3)
PLANES = (
    Plane("Axial", LEFT, POSTERIOR, 2, ("R", "L", "A", "P")),
    Plane("Coronal", LEFT, -SUPERIOR, 1, ("R", "L", "S", "I")),
    Plane("Sagittal", POSTERIOR, -SUPERIOR, 0, ("A", "P", "S", "I")),
)


@dataclass(frozen=True)
class Slice:
    """A plane cut through scan and labels, square pixels.

    Attributes:
        plane: which kind.
        position_mm: LPS coordinate along the plane's normal.
        pixel_mm: size of a pixel.
        hu: [row, column], air outside the scan.
        labels: [row, column], nearest neighbour.
    """

    plane: Plane
    position_mm: float
    pixel_mm: float
    hu: NDArray[np.float32]
    labels: NDArray[Any]


def cut(scan: Scan, labelmap: Labelmap, positions: Vector | None = None) -> list[Slice]:
    """An axial, a coronal and a sagittal slice, cropped to the body.

    Args:
        positions: LPS coordinates (l, p, s) of the planes; by default those that show most of the organs.
    """
    low, high = bounds(scan.grid)
    if positions is None:
        positions = best_positions(labelmap)
    return [_slice(scan, labelmap, plane, positions[plane.normal], low, high) for plane in PLANES]


def bounds(grid: Grid) -> tuple[Vector, Vector]:
    """Lowest and highest LPS coordinates of the grid's voxel centres."""
    corners = np.array(np.meshgrid(*[(0, n - 1) for n in grid.size])).reshape(3, -1)
    points = grid.affine[:3, :3] @ corners + grid.affine[:3, 3:]
    return points.min(axis=1), points.max(axis=1)


def best_positions(labelmap: Labelmap) -> Vector:
    """LPS coordinates (l, p, s) of the planes where the organs' cross-sections are largest.

    Each organ counts relative to its own largest cross-section, so that a gland weighs as much as the liver.
    """
    low, high = bounds(labelmap.grid)
    axes = [np.arange(float(a), float(b) + COARSE_MM, COARSE_MM) for a, b in zip(low, high, strict=True)]
    points = np.stack(np.meshgrid(*axes, indexing="ij"))
    labels = _sample(labelmap.voxels, labelmap.grid, points, order=0)
    best = (low + high) / 2
    for axis, length in enumerate(labels.shape):
        plane = np.expand_dims(np.arange(length), [other for other in range(3) if other != axis])
        counts = np.bincount(
            (labels * np.intp(length) + plane).ravel(), minlength=(int(labels.max()) + 1) * length
        )
        areas = counts.reshape(-1, length)[1:]
        areas = areas[areas.any(axis=1)]
        if len(areas):
            best[axis] = axes[axis][np.argmax((areas / areas.max(axis=1, keepdims=True)).sum(axis=0))]
    return best


def _slice(scan: Scan, labelmap: Labelmap, plane: Plane, at: float, low: Vector, high: Vector) -> Slice:
    width, height = ((high - low) @ np.abs(axis) for axis in (plane.right, plane.down))
    pixel = max(float(width), float(height), THINNEST_MM) / PIXELS
    corner = np.where(plane.right + plane.down < 0, high, low)
    corner[plane.normal] = at
    row, column = (np.arange(0.0, max(float(mm), 2 * pixel), pixel) for mm in (height, width))
    points = (
        corner[:, None, None]
        + plane.down[:, None, None] * row[:, None]
        + plane.right[:, None, None] * column[None, :]
    )
    hu = _sample(scan.voxels, scan.grid, points, order=1, outside=AIR_HU, output=np.float32)
    labels = _sample(labelmap.voxels, labelmap.grid, points, order=0)
    body = _body_box(hu, labels, int(MARGIN_MM / pixel))
    return Slice(plane, float(at), pixel, hu[body], labels[body])


def _sample(
    voxels: NDArray[Any], grid: Grid, points: Vector, order: int, outside: float = 0, output: Any = None
) -> NDArray[Any]:
    """Values at LPS points [3, ...]: without a copy of the volume, whatever its orientation."""
    inverse = np.linalg.inv(grid.affine)
    index = np.einsum("ij,j...->i...", inverse[:3, :3], points)  # BLAS would busy all cores with it
    index += inverse[:3, 3].reshape(3, *[1] * (points.ndim - 1))
    return np.asarray(map_coordinates(voxels, index[::-1], output, order, mode="constant", cval=outside))


def _body_box(hu: NDArray[np.float32], labels: NDArray[Any], margin: int) -> tuple[slice, slice]:
    """The largest connected piece of tissue, without table and tubes, and all labels; everything if none."""
    pieces, _ = label(hu > TISSUE_HU)
    sizes = np.bincount(pieces.ravel())
    sizes[0] = 0
    shown = (labels > 0) | ((pieces == sizes.argmax()) & bool(sizes.any()))
    box = []
    for length, other in ((hu.shape[0], 1), (hu.shape[1], 0)):
        filled = np.flatnonzero(shown.any(axis=other))
        first, last = (filled[0], filled[-1]) if len(filled) else (0, length)
        box.append(slice(max(int(first) - margin, 0), int(last) + margin + 1))
    return box[0], box[1]
