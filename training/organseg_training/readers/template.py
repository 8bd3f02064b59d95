"""A plausible body around organs of which only a label map exists."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from OrganSegLib.phantom import LABELS, make_phantom
from OrganSegLib.volume import Grid
from scipy import ndimage

from ..augment.hounsfield import native_hu
from ..errors import DataError

LOOK_MM = 6.0  # spacing at which landmarks are measured: a voxel does not matter
LANDMARKS = (0.05, 0.5, 0.95)  # quantiles of an organ's voxels along each axis
SIZES = (0.75, 1.45)  # of a person, relative to the phantom
FEWEST_FOR_ORDER = 4  # organs that show in which direction an axis runs
WALL_MM = 12.0  # of skin, fat and muscle at least, around every organ
FAT_HU = -100.0

Floats = NDArray[np.float32]
Landmarks = dict[str, NDArray[np.float64]]


def surround(labels: NDArray[np.uint8], names: Mapping[int, str], grid: Grid, name: str, seed: int) -> Floats:
    """HU of a person who has these organs: a phantom fitted to them, in whom they replace its own.

    Args:
        labels: class numbers [k, j, i] on ``grid``.
        names: class number -> name; these classes are known, so they lie nowhere else.
        grid: axes along LPS.
        name: of the label map, for errors.
        seed: which phantom.

    Returns:
        float32 HU, [k, j, i], without contrast.

    Raises:
        DataError: ``data.no_landmarks`` when the phantom shares no organ with the labels, ``data.mirrored``
            when the organs lie in reverse order along an axis.
    """
    scan, organs = make_phantom(seed, (LOOK_MM,) * 3, contrast="native")
    own = _landmarks(organs.voxels, {v: organ.name for v, organ in organs.organs.items()}, scan.grid)
    given = _landmarks(labels, names, grid)
    scale, shift = _fit(own, given, name)
    spacing, origin = np.array(grid.spacing_mm) / scale, (np.array(grid.origin_mm) - shift) / scale
    person = replace(grid, spacing_mm=tuple(spacing), origin_mm=tuple(origin))
    scan, organs = make_phantom(seed, contrast="native", grid=person)
    hu = scan.voxels.astype(np.float32)
    elsewhere = np.isin(organs.voxels, [LABELS[organ] for organ in names.values() if organ in LABELS])
    hu = _without(hu, elsewhere & (labels == 0))
    hu = _enclosed(hu, labels > 0, grid)
    table = np.zeros(256, np.float32)
    for number, organ in names.items():
        table[number] = native_hu(organ)
    painted = np.isin(labels, list(names))
    return np.where(painted, table[labels], hu)


def _landmarks(labels: NDArray[Any], names: Mapping[int, str], grid: Grid) -> Landmarks:
    """Organ -> (quantiles, 3): positions in mm along x, y, z, of organs that are there."""
    found = {}
    for number, organ in names.items():
        index = np.argwhere(labels == number)[:, ::-1]
        if len(index):
            found[organ] = np.quantile(index, LANDMARKS, axis=0) * grid.spacing_mm + np.array(grid.origin_mm)
    return found


def _fit(own: Landmarks, given: Landmarks, name: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Scale and shift along each axis that bring the phantom's landmarks to the given ones."""
    shared = [organ for organ in given if organ in own]
    if not shared:
        raise DataError(
            "data.no_landmarks",
            f"{name} holds none of the organs by which a body can be fitted around it.",
            f"Give label maps with at least one of {', '.join(own)}.",
        )
    scale, shift = np.ones(3), np.zeros(3)
    for axis, letter in enumerate("xyz"):
        source = np.array([own[organ][:, axis] for organ in shared])
        target = np.array([given[organ][:, axis] for organ in shared])
        middle = len(LANDMARKS) // 2
        if len(shared) >= FEWEST_FOR_ORDER and np.corrcoef(source[:, middle], target[:, middle])[0, 1] < 0:
            raise DataError(
                "data.mirrored",
                f"In {name} the organs lie in reverse order along the patient's {letter} axis.",
                f"If the whole collection is stored so, add `mirrored: [{letter}]` to its options.",
            )
        # Not a regression's slope: that shrinks the body wherever organs lie otherwise than in the phantom.
        scale[axis] = np.clip(target.std() / source.std(), *SIZES)
        shift[axis] = np.mean(target - scale[axis] * source)
    return scale, shift


def _without(hu: Floats, organs: NDArray[np.bool_]) -> Floats:
    """What surrounds the phantom's own organs grows into them, smoothed: rays look like nothing in a body."""
    nearest = ndimage.distance_transform_edt(organs, return_distances=False, return_indices=True)
    filled = hu[tuple(nearest)]
    smooth: Floats = np.where(organs, ndimage.uniform_filter(filled, 5), filled)
    return smooth


def _enclosed(hu: Floats, organs: NDArray[np.bool_], grid: Grid) -> Floats:
    """Fat where an organ would come too near to the air around the body."""
    distance = ndimage.distance_transform_edt(~organs, sampling=grid.spacing_mm[::-1])
    air, _ = ndimage.label(hu < -900)
    outside = (air > 0) & (air == air[:, 0, 0].max())
    return np.where(outside & (distance < WALL_MM), FAT_HU, hu)
