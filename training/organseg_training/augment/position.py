"""Where a patch is cut."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..config.augmentation import Position
from .anatomy import Anatomy
from .draw import Draw

BODY = (0.1, 0.9)  # share of the scan in which patches without a target have their centre


def draw_centre(
    anatomy: Anatomy, patch: tuple[int, int, int], config: Position, draw: Draw
) -> NDArray[np.floating]:
    """The patch's centre in the scan, mm along z, y, x.

    Args:
        patch: (z, y, x) voxels.
    """
    size = np.array(patch) * anatomy.spacing_mm
    targets = [number for number in anatomy.points if number < len(anatomy.classes.channels)]
    if targets and draw.chance(config.foreground):
        points = anatomy.points[targets[draw.rng.integers(len(targets))]]
        point = points[draw.rng.integers(len(points))]
        centre = point + draw.rng.uniform(-config.jitter, config.jitter, 3) * size
    else:
        centre = draw.rng.uniform(*BODY, 3) * anatomy.size_mm - anatomy.spacing_mm / 2
    margin = size * (0.5 - config.overhang)
    nearest = margin - anatomy.spacing_mm / 2
    farthest = anatomy.size_mm - anatomy.spacing_mm / 2 - margin
    low, high = np.minimum(nearest, farthest), np.maximum(nearest, farthest)
    return np.asarray(np.clip(centre, low, high))
