"""A scan as TotalSegmentator hands it to nnU-Net: linearly resampled to the network's spacing, in whole HU.

Source: Wasserthal et al., Radiology: AI 2023, doi:10.1148/ryai.230024, and the behaviour of its code.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .runtimes import usable_cores
from .volume import Grid, Triple

FloatArray = NDArray[np.float32]


def shrink(voxels: NDArray[Any], grid: Grid, spacing_mm: Triple) -> tuple[FloatArray, Grid]:
    """The scan with as many voxels as its extent has steps of ``spacing_mm``, and where they are.

    The outermost voxels keep their centres, so that the true spacing is a little larger than asked for.
    Nothing is smoothed before. HU lose their fraction, towards zero.

    Args:
        voxels: HU, (z, y, x).
        grid: of the voxels, [k, j, i].
        spacing_mm: along the grid's axes.
    """
    if grid.spacing_mm == spacing_mm:
        return voxels.astype(np.float32), grid
    sizes = [
        max(1, round(n * (np.float32(old) / new)))
        for n, old, new in zip(grid.size, grid.spacing_mm, spacing_mm, strict=True)
    ]
    x, y, z = (_Line(n, size) for n, size in zip(grid.size, sizes, strict=True))
    shrunk = np.empty([line.size for line in (z, y, x)], np.float32)

    def fill(k: int) -> None:
        plane = _between(voxels[z.below[k]], voxels[z.above[k]], z.share[k])
        plane = _between(plane[y.below], plane[y.above], y.share[:, None])
        np.trunc(_between(plane[:, x.below], plane[:, x.above], x.share), out=shrunk[k])

    with ThreadPoolExecutor(usable_cores()) as pool:
        list(pool.map(fill, range(z.size)))
    a, b, c = (mm * line.step for mm, line in zip(grid.spacing_mm, (x, y, z), strict=True))
    return shrunk, Grid((x.size, y.size, z.size), (a, b, c), grid.origin_mm, grid.direction)


class _Line:
    """``size`` points from the first to the last of ``before``: where they lie between which two."""

    def __init__(self, before: int, size: int) -> None:
        self.size = size
        self.step = (before - 1) / (size - 1) if size > 1 and before > 1 else before / size
        at = np.linspace(0, before - 1, size) if size > 1 else np.zeros(1)
        self.below = np.minimum(at.astype(int), max(before - 2, 0))
        self.above = np.minimum(self.below + 1, before - 1)
        self.share = (at - self.below).astype(np.float32)


def _between(below: NDArray[Any], above: NDArray[Any], share: Any) -> FloatArray:
    low = below.astype(np.float32, copy=False)
    between: FloatArray = low + (above - low) * share
    return between
