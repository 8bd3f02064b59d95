"""Does an organ end where the images show an edge?"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..field import face_names
from ..volume import Grid
from .kinds import Flag
from .tissue import LIMITS
from .view import OrganView

DEEP = 2  # voxels behind a face, where a round end is much wider
PLATE, LEAST_VOXELS = 0.25, 16  # of a flat face, as a share of its whole volume to the power of 2/3
GOES_ON = 1.5  # times the steps inside the organ
NOISE_HU, EDGE_HU = 30.0, 60.0  # a smaller step is never an edge, a larger one always
FEW_VOXELS = 50  # of an organ: most of its steps are across its border
SEEN_HU = (-200, 300)  # air and metal tell no more than fat and contrast do

Mask = NDArray[np.bool_]
Values = NDArray[Any]


def cut_through(view: OrganView, tissue: str, grid: Grid) -> list[str]:
    """Faces towards which a plane cuts the organ while its tissue goes on behind it.

    Args:
        view: of the organ.
        tissue: that it consists of; bones have flat faces by nature, at discs.
        grid: of the scan.
    """
    if tissue == "bone":
        return []
    least = max(LEAST_VOXELS, PLATE * np.count_nonzero(view.mask) ** (2 / 3))
    faces = []
    for axis in range(3):
        mask, free = np.moveaxis(view.mask, axis, 0), np.moveaxis(view.free, axis, 0)
        values = np.moveaxis(view.hu, axis, 0)
        for face, way in zip(face_names(grid, axis), (-1, 1), strict=True):
            if _is_cut(mask[::way], free[::way], values[::way], least):
                faces.append(face)
    return faces


def _is_cut(mask: Mask, free: Mask, hu: Values, least: float) -> bool:
    """Whether a plate towards the end of the first axis is no natural border.

    Args:
        mask, free, hu: as in `OrganView`.
        least: voxels that such a plate has.
    """
    from scipy import ndimage as ndi  # not at the top: a warm worker starts without it

    border = mask[:-1] & ~mask[1:] & free[1:]
    large = np.count_nonzero(border, axis=(1, 2)) >= least
    for plane in range(DEEP, len(border)):
        pieces, count = ndi.label(border[plane]) if large[plane] else (border[plane], 0)
        for piece in range(1, count + 1):
            plate = pieces == piece
            if _is_blunt(plate, mask[plane - DEEP], least) and _goes_on(plate, mask, hu, plane):
                return True
    return False


def _is_blunt(plate: Mask, behind: Mask, least: float) -> bool:
    """Natural ends are round, and natural sides narrow: the organ's section a little deeper is much larger.

    A plate counts as much as it is like that section, so that a large one may be less like it.
    """
    from scipy import ndimage as ndi  # not at the top: a warm worker starts without it

    area = int(np.count_nonzero(plate))
    if area < least:
        return False
    sections, count = ndi.label(behind)
    touched = np.bincount(sections[plate], minlength=count + 1) > 0
    touched[0] = False
    section = int(np.count_nonzero(touched[sections]))
    return area * min(area, section) > least * max(area, section)


def _goes_on(plate: Mask, mask: Mask, hu: Values, plane: int) -> bool:
    """Hounsfield units change no more beyond the plate than before it."""
    before = plate & mask[plane - 1]
    if not before.any():
        return False
    here = hu[plane].astype(np.float32)  # differences of 16 bits may overflow
    out = np.median(np.abs(hu[plane + 1] - here)[plate])
    inside = np.median(np.abs(hu[plane - 1] - here)[before])
    return bool(out < np.clip(GOES_ON * inside, NOISE_HU, EDGE_HU))


def misfit(view: OrganView, tissue: str) -> list[Flag]:
    """``misfit``: the border follows no edge in the images.

    Args:
        view: of the organ.
        tissue: that it consists of, one of `tissue.LIMITS`.
    """
    if edge_strength(view) >= LIMITS[tissue].edge:
        return []
    sentence = "Its border follows no edge in the images: it misses the organ, or reaches beyond it."
    return [Flag("misfit", "warning", sentence)]


def edge_strength(view: OrganView) -> float:
    """Mean step of Hounsfield units across the organ's border, as a multiple of that inside.

    About 1 where somebody drew an outline without looking; infinite where nothing can be said.
    """
    hu = np.clip(view.hu, *SEEN_HU).astype(np.int16)
    across, inside = [], []
    for axis in range(3):
        mask, values = np.moveaxis(view.mask, axis, 0), np.moveaxis(hu, axis, 0)
        step = np.abs(np.diff(values, axis=0))
        across.append(step[mask[1:] != mask[:-1]])
        inside.append(step[mask[1:] & mask[:-1]])
    edge, texture = np.concatenate(across), np.concatenate(inside)
    if np.count_nonzero(view.mask) < FEW_VOXELS or not edge.size or not texture.any():
        return float("inf")
    return float(edge.mean() / texture.mean())
