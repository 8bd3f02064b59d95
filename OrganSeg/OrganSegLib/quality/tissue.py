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
LEAST_INNER = 50  # voxels, of which a share can be told


@dataclass(frozen=True)
class Limits:
    """What an organ may hold that it does not consist of, and how it stands out.

    Attributes:
        foreign: Hounsfield units, from and to, that it should not have.
        share: the most of its voxels that may have them, at its border and by noise.
        inner: the most of those away from its border that may.
        chunk_ml: the most that may have them in places that have nothing else.
        what: that has them.
        dense: the least share of its voxels above `DENSE_HU`.
        edge: the least step of Hounsfield units across its border, as a multiple of that inside.
    """

    foreign: tuple[int, int]
    share: float
    inner: float
    chunk_ml: float
    what: str = "fat or air"
    dense: float = 0.0
    edge: float = 0.0


LIMITS = {
    "parenchyma": Limits((-ANY, FAT_HU), 0.12, 0.03, 3.0, edge=1.8),
    "fluid": Limits((-ANY, FAT_HU), 0.15, 0.03, 3.0, edge=1.3),
    "blood": Limits((-ANY, FAT_HU), 0.15, 0.03, 3.0, edge=1.4),
    "gland": Limits((-ANY, FAT_HU), 0.40, 0.25, 3.0, edge=1.0),
    "bowel": Limits((LUNG_HU, FAT_HU), 0.25, 1.0, 3.0, "fat"),
    "colon": Limits((LUNG_HU, FAT_HU), 0.50, 0.50, 8.0, "fat", edge=1.0),
    "lung": Limits((LUNG_HU, ANY), 0.25, 0.20, 25.0, "without air", edge=3.0),
    "bone": Limits((-ANY, FAT_HU), 0.12, 0.12, 3.0, dense=0.20, edge=1.6),
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
    share, inner, chunk_ml = foreign_parts(view, limits)
    if share <= limits.share and inner <= limits.inner and chunk_ml <= limits.chunk_ml:
        return []
    most = 100 * max(share, inner)
    sentence = f"{most:.0f} % of it is {limits.what}: it reaches into what does not belong to it."
    return [Flag("leaked", "warning", sentence)]


def foreign_parts(view: OrganView, limits: Limits) -> tuple[float, float, float]:
    """How much of an organ has Hounsfield units that it should not have.

    Returns:
        The share of its voxels, the share of those away from its border, and the millilitres that lie away
        from anything else; `Limits` has the most that each may be.
    """
    wrong: NDArray[np.bool_] = view.mask & (view.hu >= limits.foreign[0]) & (view.hu < limits.foreign[1])
    inner = _inner(view.mask)
    share = np.count_nonzero(wrong) / np.count_nonzero(view.mask)
    inner_share = np.count_nonzero(wrong & inner) / max(LEAST_INNER, int(np.count_nonzero(inner)))
    chunk_ml = np.count_nonzero(_inner(wrong)) * float(view.spacing_mm.prod()) / 1000
    return share, inner_share, chunk_ml


def _inner(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Voxels that have all six neighbours in the mask, too."""
    inner = mask.copy()
    for axis in range(3):
        own, whole = np.moveaxis(inner, axis, 0), np.moveaxis(mask, axis, 0)
        own[1:] &= whole[:-1]
        own[:-1] &= whole[1:]
        own[[0, -1]] = False
    return inner
