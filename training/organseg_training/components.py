"""Connected parts of a mask."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage


def largest_part(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The largest of the parts whose voxels share faces; the mask must hold a voxel."""
    parts, _ = ndimage.label(mask)
    sizes = np.bincount(parts.ravel())
    sizes[0] = 0
    largest: NDArray[np.bool_] = parts == sizes.argmax()
    return largest
