"""Is an organ in one piece, without holes, and whole?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..field import face_names
from ..organs import Organ
from ..volume import Grid
from .kinds import Flag
from .view import OrganView

Pieces = NDArray[np.int32]
TOUCHING = np.ones((3, 3, 3), bool)  # thin organs run diagonally
LOOSE = 0.05  # share of an organ in pieces beyond those that are normal
GAP, GAP_MM = 0.2, 12.0  # of a cut through the organ, over which pieces face each other, that close
HOLES = 0.04  # share of an organ that is missing inside
JOINED, LEAST_VOXELS = 1.5, 40  # neighbours ahead of a voxel, of three; fewer where an organ is riddled
REGULAR = 0.15  # how far a regular sample of the organ may be from standing for it
STRAIGHT = 0.7  # of the largest cross-section: an end that large is cut
BLUNT = 3.0  # planes: ends of an organ that has few are as large as this over their number
THIN = ("adrenal_gland_left", "adrenal_gland_right")  # plates, which end as they like


def broken_up(view: OrganView, organ: Organ) -> list[Flag]:
    """``fragmented``: more pieces than are normal, holes, or a surface like a comb's."""
    from scipy import ndimage as ndi  # not at the top: a warm worker starts without it

    mask = np.pad(view.mask, 1)
    size = np.count_nonzero(mask)
    if size == 0 or abs(view.share - 1) > REGULAR:
        return [_fragmented("It is made of thin layers with gaps between them.")]
    pieces, count = ndi.label(view.mask, TOUCHING)
    loose, large = _loose(view, pieces, count, organ.components)
    if loose > LOOSE:
        normal = "one is" if organ.components == 1 else f"{organ.components} are"
        found = f"{large} pieces" if large > organ.components else "many small pieces"
        return [_fragmented(f"It lies in {found} where {normal} normal.")]
    if count > 1 and _gap(pieces, view.spacing_mm) > GAP * size ** (2 / 3):
        return [_fragmented("A gap runs through it.")]
    outside, regions = ndi.label(~mask)
    holes = np.count_nonzero(outside) - np.count_nonzero(outside == outside[0, 0, 0]) if regions > 1 else 0
    joined = sum(np.count_nonzero(a[1:] & a[:-1]) for a in (np.moveaxis(mask, axis, 0) for axis in range(3)))
    if holes > HOLES * size or (joined < JOINED * size and size > LEAST_VOXELS):
        return [_fragmented("It is full of holes or gaps.")]
    return []


def _gap(pieces: Pieces, spacing_mm: NDArray[np.float64]) -> int:
    """Over how many voxels pieces of an organ face each other across a narrow gap."""
    facing = [0]
    for axis, mm in enumerate(spacing_mm):
        along = np.moveaxis(pieces, axis, 0)
        for apart in range(2, max(3, round(GAP_MM / mm) + 2)):
            here, there = along[:-apart], along[apart:]
            facing.append(int(np.count_nonzero((here != there) & (here > 0) & (there > 0))))
    return max(facing)


def _loose(view: OrganView, pieces: Pieces, count: int, components: int) -> tuple[float, int]:
    """Share of the organ in surplus pieces, and how many pieces there are of some size.

    Pieces that the field of view cuts may hang together outside of it: they count as one.
    """
    sizes = np.bincount(pieces.ravel())[1:].astype(float)
    cut = np.zeros(count, bool)
    for axis, end in np.argwhere(view.cut):
        plane = pieces.take([-int(end)], axis)
        cut[np.unique(plane[plane > 0]) - 1] = True
    if cut.any():
        sizes = np.append(sizes[~cut], sizes[cut].sum())
    sizes = np.sort(sizes / sizes.sum())[::-1]
    return float(sizes[components:].sum()), int(np.count_nonzero(sizes > LOOSE / 2))


def _fragmented(what: str) -> Flag:
    return Flag("fragmented", "warning", f"{what} A part of it is missing or does not belong to it.")


def straight_ends(view: OrganView, organ: Organ, grid: Grid) -> list[str]:
    """Faces at which the organ ends as if it were cut off, inside of the field of view."""
    if organ.name in THIN:
        return []
    limit = np.where(view.planes < BLUNT, np.inf, np.clip(BLUNT / view.planes, STRAIGHT, 0.95))[:, None]
    blunt: NDArray[np.bool_] = (view.ends > limit) & ~view.cut
    return [face_names(grid, int(axis))[int(end)] for axis, end in np.argwhere(blunt)]
