"""Slices that lie unevenly or drift sideways, resampled to a straight, even grid."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..volume import Grid, Note
from .hounsfield import AIR_HU
from .memory import require_memory
from .stack import Stack


def straighten(voxels: NDArray[np.int16], stack: Stack) -> tuple[NDArray[np.int16], Grid, list[Note]]:
    """``voxels`` [slice, row, column] of ``stack`` on a regular grid.

    The grid keeps the planes of the slices and with them the sharp in-plane resolution: only their sideways
    drift (gantry tilt) and their distances change. It is widened to hold every slice; what no slice covers is
    air. A point between two slices is interpolated linearly, from the same place in the patient in both.

    Returns:
        The voxels (the same array when the slices lie straight and evenly), their grid, and a note on a tilt.

    Raises:
        InputError: ``input.too_large`` when the slices lie so far apart that the grid would not fit.
    """
    if not stack.uneven and not stack.sheared:
        return voxels, _grid(stack, np.zeros(2), voxels.shape[::-1]), []
    spacing = np.asarray(stack.spacing_mm)
    shifts = stack.shifts_mm / spacing if stack.sheared else np.zeros_like(stack.shifts_mm)
    low, high = np.floor(shifts.min(axis=0)), np.ceil(shifts.max(axis=0))
    columns, rows = (int(extent) for extent in np.asarray(voxels.shape[:0:-1]) + high - low)
    across = stack.places_mm[:, 2]
    planes = round((across[-1] - across[0]) / stack.even_step_mm) + 1
    require_memory(planes * rows * columns)
    out = np.empty((planes, rows, columns), np.int16)

    def straight(index: int) -> NDArray[np.float32]:
        return _moved(voxels[index], shifts[index] - low, (rows, columns))

    cached: dict[int, NDArray[np.float32]] = {}
    for plane, place in enumerate(np.linspace(across[0], across[-1], planes)):
        below = min(int(np.searchsorted(across, place, side="right")) - 1, len(across) - 2)
        cached = {n: cached[n] if n in cached else straight(n) for n in (below, below + 1)}
        weight = (place - across[below]) / (across[below + 1] - across[below])
        np.rint((1 - weight) * cached[below] + weight * cached[below + 1], out=out[plane], casting="unsafe")
    return out, _grid(stack, low * spacing, (columns, rows, planes)), _tilt_note(stack)


def _moved(
    plane: NDArray[np.int16], shift: NDArray[np.float64], shape: tuple[int, int]
) -> NDArray[np.float32]:
    """``plane`` moved by ``shift`` >= 0 pixels (i, j) into a plane of air of ``shape``, bilinearly."""
    whole = np.floor(shift).astype(int)
    part_i, part_j = (shift - whole).astype(np.float32)
    # One more pixel of air around takes what the fraction of the shift moves across the border.
    rows, columns = plane.shape
    framed = np.full((rows + 2, columns + 2), AIR_HU, np.float32)
    framed[1:-1, 1:-1] = plane
    framed = (1 - part_j) * framed[1:] + part_j * framed[:-1]
    framed = (1 - part_i) * framed[:, 1:] + part_i * framed[:, :-1]
    out = np.full((shape[0] + 1, shape[1] + 1), AIR_HU, np.float32)
    out[whole[1] : whole[1] + rows + 1, whole[0] : whole[0] + columns + 1] = framed
    return out[: shape[0], : shape[1]]


def _grid(stack: Stack, offset_mm: NDArray[np.float64], size: tuple[int, ...]) -> Grid:
    origin = (stack.places_mm[0] + [*offset_mm, 0.0]) @ stack.axes
    return Grid(
        (int(size[0]), int(size[1]), int(size[2])),
        (*stack.spacing_mm, stack.even_step_mm),
        (float(origin[0]), float(origin[1]), float(origin[2])),
        tuple(float(cosine) for cosine in stack.axes.T.ravel()),
    )


def _tilt_note(stack: Stack) -> list[Note]:
    if not stack.sheared:
        return []
    sentence = (
        f"The slices are tilted against the table's movement by {stack.tilt_degrees:.1f} degrees; "
        "the volume was resampled to a straight grid."
    )
    return [Note("input.gantry_tilt", sentence)]
