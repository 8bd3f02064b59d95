"""Scans with simple organs whose sizes are known, on grids of any orientation."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from OrganSegLib.organs import catalogue
from OrganSegLib.volume import Grid, Labelmap, Scan

TURNED = (0.9396926208, -0.3420201433, 0.0, 0.3420201433, 0.9396926208, 0.0, 0.0, 0.0, 1.0)
TIPPED = (1.0, 0.0, 0.0, 0.0, 0.8660254038, -0.5, 0.0, 0.5, 0.8660254038)
DIRECTIONS = {
    "straight": (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0),
    "flipped": (-1.0, 0.0, 0.0, 0.0, -1.0, 0.0, 0.0, 0.0, 1.0),
    "left-handed": (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, -1.0),
    "sagittal": (0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, -1.0, 0.0),
    "oblique": tuple((np.reshape(TURNED, (3, 3)) @ np.reshape(TIPPED, (3, 3))).ravel()),
}
ORGANS = {
    label: catalogue()[name] for label, name in enumerate(("liver", "kidney_left", "spleen", "aorta"), 1)
}


def grid_around(
    centre: tuple[float, float, float], direction: str = "straight", spacing: float = 2.0, size: int = 40
) -> Grid:
    """A cubic grid whose middle lies at ``centre``, slices half as dense as columns."""
    grid = Grid((size, size, size // 2), (spacing, spacing, 2 * spacing), direction=DIRECTIONS[direction])
    middle = grid.affine[:3, :3] @ ((np.array(grid.size) - 1) / 2)
    origin = tuple(float(a) for a in np.asarray(centre) - middle)
    return Grid(grid.size, grid.spacing_mm, origin, grid.direction)  # type: ignore[arg-type]


def positions(grid: Grid) -> NDArray[np.float64]:
    """LPS position of every voxel, [k, j, i, 3]."""
    index = np.stack(np.meshgrid(*(np.arange(n) for n in grid.shape), indexing="ij")[::-1], axis=-1)
    return index @ grid.affine[:3, :3].T + grid.affine[:3, 3]


def ball(grid: Grid, centre: tuple[float, float, float], radius_mm: float) -> NDArray[np.bool_]:
    """Voxels within ``radius_mm`` of ``centre``."""
    inside: NDArray[np.bool_] = np.linalg.norm(positions(grid) - centre, axis=-1) < radius_mm
    return inside


def two_organs(direction: str = "straight") -> tuple[Scan, Labelmap]:
    """A liver of 14 mm radius at the patient's right, a left kidney of 9 mm; spleen and aorta are absent."""
    grid = grid_around((10.0, -20.0, 300.0), direction)
    labels = np.zeros(grid.shape, np.uint8)
    labels[ball(grid, (-8.0, -20.0, 300.0), 14.0)] = 1
    labels[ball(grid, (26.0, -24.0, 304.0), 9.0)] = 2
    noise = np.random.default_rng(0).normal(0, 15, grid.shape)
    hu = np.where(ball(grid, (10.0, -20.0, 300.0), 37.0), 20, -1000) + np.array([0, 40, 80])[labels] + noise
    return Scan(hu.astype(np.int16), grid), Labelmap(labels, grid, ORGANS)


def every_organ() -> tuple[Scan, Labelmap]:
    """Every organ of the catalogue as a cube of 3 voxels a side, in soft tissue."""
    organs = dict(enumerate(catalogue().values(), 1))
    per_row = int(np.ceil(len(organs) ** (1 / 3)))
    grid = Grid((4 * per_row,) * 3, (4.0, 4.0, 4.0))
    labels = np.zeros(grid.shape, np.uint8)
    for label in organs:
        k, j, i = np.multiply(4, np.unravel_index(label - 1, (per_row,) * 3))
        labels[k : k + 3, j : j + 3, i : i + 3] = label
    return Scan(np.full(grid.shape, 50, np.int16), grid), Labelmap(labels, grid, organs)
