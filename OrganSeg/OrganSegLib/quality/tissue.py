"""Does an organ consist of what it should?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .anatomy import Anatomy
from .kinds import Flag
from .view import OrganView

LUNG_HU, FAT_HU, DENSE_HU = -300, -50, 120  # lung and air end, fat ends, what only bone and contrast have
ANY = 4000


@dataclass(frozen=True)
class Limits:
    """What an organ may hold that it does not consist of.

    Attributes:
        foreign: Hounsfield units, from and to, that it should not have.
        share: the most of its voxels that may have them, at its border and by noise.
        chunk_ml: the most that may have them in one place, away from any border.
        what: that has them.
        dense: the least share of its voxels above `DENSE_HU`.
    """

    foreign: tuple[int, int]
    share: float
    chunk_ml: float
    what: str = "fat or air"
    dense: float = 0.0


LIMITS = {
    "parenchyma": Limits((-ANY, FAT_HU), 0.12, 3.0),
    "fluid": Limits((-ANY, FAT_HU), 0.15, 3.0),
    "blood": Limits((-ANY, FAT_HU), 0.15, 3.0),
    "gland": Limits((-ANY, FAT_HU), 0.40, 3.0),
    "bowel": Limits((LUNG_HU, FAT_HU), 0.25, 3.0, "fat"),
    "colon": Limits((LUNG_HU, FAT_HU), 0.50, 8.0, "fat"),
    "lung": Limits((LUNG_HU, ANY), 0.25, 25.0, "without air"),
    "bone": Limits((-ANY, FAT_HU), 0.12, 3.0, dense=0.20),
}


def foreign(view: OrganView, normal: Anatomy) -> list[Flag]:
    """``wrong_tissue`` where the organ as a whole has other Hounsfield units, ``leaked`` where a part has."""
    hu = view.hu[view.mask]
    if not hu.size:
        return []
    limits, median = LIMITS[normal.tissue], float(np.median(hu))
    low, high = normal.hu
    if not low <= median <= high or np.mean(hu > DENSE_HU) < limits.dense:
        sentence = f"Its tissue is not that of this organ (median {median:.0f} HU): it may be another one."
        return [Flag("wrong_tissue", "warning", sentence)]
    wrong = view.mask & (view.hu >= limits.foreign[0]) & (view.hu < limits.foreign[1])
    share = np.count_nonzero(wrong) / hu.size
    chunk_ml = _inner(wrong) * float(view.spacing_mm.prod()) / 1000
    if share <= limits.share and chunk_ml <= limits.chunk_ml:
        return []
    sentence = f"{100 * share:.0f} % of it is {limits.what}: it reaches into what does not belong to it."
    return [Flag("leaked", "warning", sentence)]


def _inner(mask: NDArray[np.bool_]) -> int:
    """How many voxels have all six neighbours in the mask, too."""
    inner = np.pad(mask, 1)
    outer = inner.copy()
    for axis in range(3):
        inner &= np.roll(outer, 1, axis) & np.roll(outer, -1, axis)
    return int(np.count_nonzero(inner))
