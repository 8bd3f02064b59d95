"""A scan in the orientation that a foreign network learned with, and where its voxels are in the patient."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .plan import Plan
from .preprocess import Box, is_aligned, resample
from .tiles import padded_shape
from .volume import Grid, Scan

FloatArray = NDArray[np.float32]


def turned(scan: Scan, plan: Plan, orientation: str) -> tuple[NDArray[Any], Grid]:
    """The scan's own voxels in the network's orientation: a view on them.

    An oblique scan is resampled to the patient's axes.
    """
    voxels, grid = scan.voxels, scan.grid
    if not is_aligned(grid):
        voxels, grid = resample(scan, plan.spacing_mm)
    direction = np.reshape(grid.direction, (3, 3))
    follows = np.abs(direction).argmax(axis=1)  # patient axis (x, y, z) -> voxel axis (i, j, k)
    ordered = Grid(
        _triple(grid.size[axis] for axis in follows),
        _triple(grid.spacing_mm[axis] for axis in follows),
        grid.origin_mm,
        tuple(float(cosine) for cosine in direction[:, follows].ravel()),
    )
    runs = np.sign(direction[range(3), follows])
    signs = runs * [1 if end in "LPS" else -1 for end in orientation]
    z, y, x = (slice(None, None, int(sign)) for sign in signs[::-1])
    return voxels.transpose(2 - follows[::-1])[z, y, x], _from_other_ends(ordered, signs)


def padded(voxels: FloatArray, plan: Plan, mode: Any = "constant") -> tuple[FloatArray, Box]:
    """Filled up on both sides to what the network takes, and where the voxels now lie.

    Args:
        voxels: (windows, z, y, x).
        plan: of the network.
        mode: as of `numpy.pad`; zeros by default.
    """
    shape = voxels.shape[1:]
    wanted = shape
    if plan.field_of_view == "whole":
        wanted = tuple(n + -n % m for n, m in zip(shape, reversed(plan.multiples), strict=True))
    missing = [w - n for w, n in zip(padded_shape(wanted, plan), shape, strict=True)]
    before = [m // 2 for m in missing]
    margins = [(0, 0), *((b, m - b) for b, m in zip(before, missing, strict=True))]
    k, j, i = (slice(b, b + n) for b, n in zip(before, shape, strict=True))
    return np.pad(voxels, margins, mode), (k, j, i)


def along_lps(grid: Grid, part: Box) -> tuple[Grid, Box]:
    """The same voxels with axes along LPS, and the slices that take them from an array of the given order."""
    signs = np.sign(np.diag(np.reshape(grid.direction, (3, 3))))
    k, j, i = (_reversed(s) if sign < 0 else s for s, sign in zip(part, signs[::-1], strict=True))
    return _from_other_ends(grid, signs), (k, j, i)


def _from_other_ends(grid: Grid, signs: NDArray[Any]) -> Grid:
    """The same voxels, those axes whose sign is negative counted from their other end."""
    last = np.where(signs < 0, np.array(grid.size) - 1, 0)
    origin = grid.affine[:3, :3] @ last + grid.affine[:3, 3]
    direction = np.reshape(grid.direction, (3, 3)) * signs
    along = tuple(float(cosine) for cosine in direction.ravel())
    return Grid(grid.size, grid.spacing_mm, _triple(float(mm) for mm in origin), along)


def _triple(values: Iterable[Any]) -> Any:
    x, y, z = values
    return x, y, z


def _reversed(part: slice) -> slice:
    return slice(part.stop - 1, part.start - 1 if part.start else None, -1)
