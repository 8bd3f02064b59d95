"""Grids of voxels in the patient: whether two are the same place, and labels brought from one to another."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray
from OrganSegLib.volume import Grid

# Of a voxel. Headers are written with few decimals; half a voxel off is already another place.
TOLERANCE = 0.1


def nearest_labels(labels: NDArray[Any], grid: Grid, target: Grid) -> NDArray[Any]:
    """The label [k, j, i] of ``grid`` that is nearest to each voxel of ``target``; background outside."""
    if grid == target:
        return labels
    moved = sitk.Resample(
        grid.image(labels),
        target.size,
        sitk.Transform(),
        sitk.sitkNearestNeighbor,
        target.origin_mm,
        target.spacing_mm,
        target.direction,
        0,
    )
    return np.asarray(sitk.GetArrayFromImage(moved))


def geometry_difference(scan: Grid, labels: Grid) -> str:
    """How two grids differ as voxels in the patient, whatever the order and direction of their axes.

    Returns:
        A part of a sentence; empty when each voxel of one is a voxel of the other.
    """
    turn = np.reshape(scan.direction, (3, 3)).T @ np.reshape(labels.direction, (3, 3))
    order = np.abs(turn).argmax(axis=1)  # axis of the labels along each axis of the scan
    if sorted(order) != [0, 1, 2] or np.abs(turn)[range(3), order].min() < np.cos(np.radians(0.5)):
        return "their axes point in other directions"
    size = tuple(labels.size[axis] for axis in order)
    if size != scan.size:
        return f"they have {times(size)} voxels, the scan {times(scan.size)}"
    spacing = np.array([labels.spacing_mm[axis] for axis in order])
    # Over the whole extent, the error must stay within the tolerance too.
    if np.any(np.abs(spacing - scan.spacing_mm) * scan.size > TOLERANCE * np.asarray(scan.spacing_mm)):
        return f"their voxels measure {times(spacing)} mm, those of the scan {times(scan.spacing_mm)} mm"
    shift = np.reshape(scan.direction, (3, 3)).T @ (_centre(labels) - _centre(scan))
    if np.any(np.abs(shift) > TOLERANCE * np.asarray(scan.spacing_mm)):
        return f"they lie {np.linalg.norm(shift):.3g} mm away from it"
    return ""


def times(values: Iterable[float]) -> str:
    """Sizes or spacings along all axes, for people: ``512 × 512 × 90``."""
    return " × ".join(f"{value:.4g}" for value in values)


def _centre(grid: Grid) -> np.ndarray:
    middle = (np.asarray(grid.size) - 1) / 2
    return grid.affine[:3, :3] @ middle + grid.affine[:3, 3]
