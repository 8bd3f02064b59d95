"""The part of a labelmap's grid around a target, and how far each of its voxels is from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from ..errors import InputError
from ..preprocess import Box, crop_grid
from ..triangles import Points
from ..volume import Grid, Triple
from .target import Mask, Target

CONTACT_MM = 1.0  # between structures in contact: a vessel's wall, no visible layer of fat
STEP_MM = 1.0  # between points on the target's surface: the nearest is 0.05 mm too far away at 5 mm, at most


@dataclass(frozen=True)
class Vicinity:
    """The voxels around a target.

    Attributes:
        box: slices (k, j, i) of the whole grid.
        grid: of the box.
        inside: voxels of the target; of a target between voxel centres, those that it passes through.
        mm: float32, from voxel centres to the target's surface, 0 inside; exact where it decides whether a
            voxel lies in one of the margins, elsewhere within half a voxel's diagonal.
    """

    box: Box
    grid: Grid
    inside: Mask
    mm: NDArray[np.float32]


def vicinity(target: Target, grid: Grid, margins_mm: Sequence[float] = ()) -> Vicinity:
    """The voxels of ``grid`` in the target, in its margins, and a little beyond.

    Raises:
        InputError: ``input.target_outside``, ``input.bad_margin``.
    """
    if not np.isfinite(margins_mm).all() or min(margins_mm, default=0) < 0:
        raise InputError(
            "input.bad_margin", "A safety margin must be 0 mm or more.", "Give margins in millimetres."
        )
    surface = target.surface.points(STEP_MM)
    wide = _around(_index(surface, grid), grid, max([CONTACT_MM, *margins_mm]))
    around = crop_grid(grid, wide)
    inside = target.inside(around)
    passed = np.zeros_like(inside)
    passed[tuple(np.rint(_index(surface, around)).astype(int).T[::-1])] = True
    mm = _distances(surface, around, inside, inside | passed, margins_mm)
    if not inside.any():
        inside = passed

    ends = [np.clip([w.start, w.stop], 0, n) for w, n in zip(wide, grid.shape, strict=True)]
    box = [slice(int(start), int(stop)) for start, stop in ends]
    kept = tuple(slice(b.start - w.start, b.stop - w.start) for b, w in zip(box, wide, strict=True))
    if not inside[kept].any():
        raise InputError(
            "input.target_outside",
            f"The target {target.name!r} lies outside the scan.",
            "Check that it was drawn in this study, and that coordinates are LPS millimetres.",
        )
    k, j, i = box
    return Vicinity((k, j, i), crop_grid(grid, (k, j, i)), inside[kept], mm[kept])


def margin_mask(target: Target, grid: Grid, margin_mm: float) -> Mask:
    """The target and all within ``margin_mm`` of it, [k, j, i] of the whole ``grid``.

    Raises:
        InputError: as `vicinity`.
    """
    near = vicinity(target, grid, [margin_mm])
    mask = np.zeros(grid.shape, bool)
    mask[near.box] = near.mm <= margin_mm
    return mask


def values_at(values: NDArray[Any], grid: Grid, places_mm: NDArray[Any]) -> NDArray[Any]:
    """The voxels of ``values`` [k, j, i] at LPS places [..., 3], 0 beyond the grid."""
    index = np.rint(_index(places_mm, grid)).astype(np.intp)
    known = np.all((index >= 0) & (index < grid.size), axis=-1, keepdims=True)
    i, j, k = np.moveaxis(np.where(known, index, 0), -1, 0)
    found: NDArray[Any] = np.where(known[..., 0], values[k, j, i], values.dtype.type(0))
    return found


def triple(values: NDArray[Any]) -> Triple:
    """Three plain numbers."""
    return float(values[0]), float(values[1]), float(values[2])


def _around(places: NDArray[np.float64], grid: Grid, reach_mm: float) -> Box:
    """The box around index places and what of the grid is near them; of the places none is left out."""
    pad = np.ceil(reach_mm / np.array(grid.spacing_mm)) + 2
    low, high = np.floor(places.min(axis=0)), np.ceil(places.max(axis=0)) + 1
    low = np.minimum(low, np.maximum(low - pad, 0)).astype(int)
    high = np.maximum(high, np.minimum(high + pad, grid.size)).astype(int)
    i, j, k = (slice(int(a), int(b)) for a, b in zip(low, high, strict=True))
    return k, j, i


def _index(places_mm: NDArray[Any], grid: Grid) -> NDArray[np.float64]:
    """Index (i, j, k) of LPS places."""
    index: NDArray[np.float64] = (places_mm - grid.affine[:3, 3]) @ np.linalg.inv(grid.affine[:3, :3]).T
    return index


def _distances(
    surface: Points, grid: Grid, inside: Mask, seeds: Mask, margins_mm: Sequence[float]
) -> NDArray[np.float32]:
    """A distance transform between voxel centres, and the true distance wherever that leaves a doubt.

    Every point of the surface lies in a seed, so the two differ by at most half a voxel's diagonal.

    Source: Maurer et al. 2003, IEEE TPAMI 25(2):265, as implemented in ITK.
    """
    transform = sitk.SignedMaurerDistanceMap(
        grid.image(seeds.astype(np.uint8)), squaredDistance=False, useImageSpacing=True
    )
    mm: NDArray[np.float32] = sitk.GetArrayFromImage(transform)
    doubt = np.linalg.norm(grid.spacing_mm) / 2
    unsure = np.zeros(grid.shape, bool)
    for margin in margins_mm:
        unsure |= np.abs(mm - margin) <= doubt
    places = np.argwhere(unsure)[:, ::-1] @ grid.affine[:3, :3].T + grid.affine[:3, 3]
    tree = cKDTree(surface, balanced_tree=False, compact_nodes=False)
    mm[unsure] = tree.query(places, workers=-1)[0]
    mm[inside] = 0
    return mm
