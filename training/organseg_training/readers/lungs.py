"""Lungs labelled by a rule that is near-perfect: air inside the body."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ..classes import UNKNOWN, Classes
from ..components import largest_part

LUNGS = ("lung_left", "lung_right")
AIR_HU = -400.0
SMALLEST_CROSS_SECTION_MM2 = 1500.0
MIDLINE_MM = 9.0


def label_lungs(hu: NDArray[np.floating], spacing_mm: float, classes: Classes) -> NDArray[np.uint8]:
    """Lungs of a chest CT on an LPS-aligned isotropic grid (z, y, x), in the numbers of ``classes``.

    Air in the body with a large axial cross-section is lung; smaller pieces (trachea, bowel gas, apices) and
    the strip where the lungs meet are left `UNKNOWN`, as is the one-voxel rim that partial volume blurs.
    """
    left_lung, right_lung = (classes.index[name] for name in LUNGS)
    body = _body(hu)
    air = (hu < AIR_HU) & body
    labels = np.zeros(hu.shape, np.uint8)
    labels[ndimage.binary_dilation(air, iterations=2)] = UNKNOWN
    for k in range(hu.shape[0]):
        pieces, count = ndimage.label(air[k])
        middle = np.flatnonzero(body[k].any(0)).mean() if body[k].any() else 0.0
        for piece in range(1, count + 1):
            region = pieces == piece
            if region.sum() * spacing_mm**2 < SMALLEST_CROSS_SECTION_MM2:
                continue
            closed = ndimage.binary_fill_holes(ndimage.binary_closing(np.pad(region, 4), iterations=3))[
                4:-4, 4:-4
            ]
            offset = (np.arange(hu.shape[2]) - middle) * spacing_mm
            left, right = (closed & (side > 0)[None] for side in (offset, -offset))
            labels[k][left], labels[k][right] = left_lung, right_lung
            if min(left.sum(), right.sum()) * spacing_mm**2 > SMALLEST_CROSS_SECTION_MM2 / 3:
                labels[k][closed & (np.abs(offset) < MIDLINE_MM)[None]] = UNKNOWN
    return labels


def _body(hu: NDArray[np.floating]) -> NDArray[np.bool_]:
    dense = largest_part(ndimage.binary_opening(hu > -300))
    return np.stack([ndimage.binary_fill_holes(axial) for axial in dense])
