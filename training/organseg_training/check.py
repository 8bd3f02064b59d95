"""What makes a scan and its labels impossible to learn from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from OrganSegLib.volume import Grid, Scan

from .classes import UNKNOWN
from .errors import DataError

if TYPE_CHECKING:
    from .readers import Entry, LabelArray

# Of a voxel. Headers are written with few decimals; half a voxel off is already another place.
TOLERANCE = 0.1


def check_labels(entry: Entry, scan: Scan, labels: LabelArray, network: Grid) -> None:
    """Require that the labels lie on the scan and show something.

    Args:
        entry: named in errors.
        scan: as read.
        labels: as read.
        network: the grid at the network's spacing, on which labels may lie as well.

    Raises:
        DataError: ``data.geometry``, ``data.empty_labels``.
    """
    difference = geometry_difference(scan.grid, labels.grid)
    if difference and labels.grid != network:
        raise DataError(
            "data.geometry",
            f"{entry.name}: the labels do not lie on the scan: {difference}.",
            "Export the labels on the grid of the scan that they were drawn on.",
        )
    if not np.any((labels.values != 0) & (labels.values != UNKNOWN)):
        raise DataError(
            "data.empty_labels",
            f"{entry.name}: no voxel of the labels belongs to any of {', '.join(labels.known)}.",
            "Check that these are the right labels, or leave the scan out.",
        )


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
        return f"they have {_by(size)} voxels, the scan {_by(scan.size)}"
    spacing = np.array([labels.spacing_mm[axis] for axis in order])
    # Over the whole extent, the error must stay within the tolerance too.
    if np.any(np.abs(spacing - scan.spacing_mm) * scan.size > TOLERANCE * np.asarray(scan.spacing_mm)):
        return f"their voxels measure {_by(spacing)} mm, those of the scan {_by(scan.spacing_mm)} mm"
    shift = np.reshape(scan.direction, (3, 3)).T @ (_centre(labels) - _centre(scan))
    if np.any(np.abs(shift) > TOLERANCE * np.asarray(scan.spacing_mm)):
        return f"they lie {np.linalg.norm(shift):.3g} mm away from it"
    return ""


def _centre(grid: Grid) -> np.ndarray:
    middle = (np.asarray(grid.size) - 1) / 2
    return grid.affine[:3, :3] @ middle + grid.affine[:3, 3]


def _by(values: tuple[float, ...] | np.ndarray) -> str:
    return " x ".join(f"{value:.4g}" for value in values)
