"""Labels from votes: what the views agree on and what is plausible; the rest is left unknown."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from OrganSegLib.organs import organ_named
from scipy import ndimage

from ..classes import UNKNOWN, Classes
from ..components import largest_part
from ..config.selftraining import SelfTraining

RIM_VOXELS = 2  # around a doubted organ nobody knows either
LEAST_SHARE = 0.3  # of the least plausible volume; a scan may show a part of an organ


def pseudo_labels(
    probabilities: NDArray[np.float32],
    body: NDArray[np.bool_],
    classes: Classes,
    voxel_ml: float,
    settings: SelfTraining,
) -> NDArray[np.uint8]:
    """Class numbers, `UNKNOWN` where in doubt.

    An organ is doubted as a whole where the views hardly agree on it or where there is too little of it.
    Pieces apart from an organ that should be one are doubted, too.

    Args:
        probabilities: (channels, z, y, x), from `mean_probabilities`.
        body: (z, y, x); outside is background.
    """
    best, confidence = probabilities.argmax(0), probabilities.max(0)
    wanted = np.where(best == 0, settings.background_confidence, settings.organ_confidence)
    labels = np.where(confidence > wanted, best, UNKNOWN).astype(np.uint8)
    labels[~ndimage.binary_dilation(body, iterations=RIM_VOXELS)] = 0
    for name in classes.organs:
        found = best == classes.index[name]
        if not found.any():
            continue
        organ = organ_named(name)
        least = (
            min(LEAST_SHARE * organ.volume_ml[0], settings.least_ml) if organ.volume_ml else settings.least_ml
        )
        if found.sum() * voxel_ml < least or confidence[found].mean() < settings.agreement:
            labels[ndimage.binary_dilation(found, iterations=RIM_VOXELS)] = UNKNOWN
        elif organ.components == 1:
            labels[found & ~largest_part(found)] = UNKNOWN
    return labels
