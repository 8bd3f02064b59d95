"""Resizing by splines, one axis after the other, each by the product with one small matrix."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]


def resize(array: FloatArray, size: int, axis: int, order: int) -> FloatArray:
    """``array`` with ``size`` voxels along ``axis``, which stay within the same outer faces.

    Args:
        array: (z, y, x); what lies beyond its ends is as at them.
        size: voxels along the axis afterwards.
        axis: 0, 1 or 2.
        order: of the spline: 0 takes the nearest voxel, 1 is linear, 3 cubic.
    """
    if array.shape[axis] == size:
        return array
    matrix = _matrix(array.shape[axis], size, order)
    if axis == 2:
        return array @ matrix.T
    if axis == 1:
        return matrix @ array
    flat = matrix @ array.reshape(len(array), -1)
    return flat.reshape(size, *array.shape[1:])


@lru_cache(maxsize=8)
def _matrix(before: int, after: int, order: int) -> FloatArray:
    """What SciPy's spline makes of each single voxel, (after, before): interpolation is linear in them."""
    from scipy import ndimage as ndi

    single = np.eye(before)
    zoomed = ndi.zoom(single, (after / before, 1), order=order, mode="nearest", grid_mode=True)
    return np.ascontiguousarray(zoomed, np.float32)
