"""The DICOM files behind a volume that another program read: its patient, and what results can refer to."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..volume import Grid, Source
from .series import find_series
from .stack import Stack

OFF_MM = 0.1  # how far corners of the volume may lie from those of the slices


def source_of(files: Sequence[Path], grid: Grid) -> Source | None:
    """Where a scan on ``grid`` came from; None where the files are not its slices, one for each.

    That is so when the volume was moved, cropped or resampled since it was read, or a file is damaged.
    """
    try:
        series, notes = find_series(files)
    except InputError:
        return None
    if notes or len(series) != 1 or not all(frame.position for frame in series[0].frames):
        return None
    found, stack = series[0], Stack.of(series[0].frames)
    rows, columns = stack.frames[0].shape
    if grid.size != (columns, rows, len(stack.frames)):
        return None
    if not np.allclose(_corners(stack), _ends(grid), atol=OFF_MM):
        return None
    return Source(
        path=str(files[0].parent),
        format="DICOM",
        modality=found.header.modality,
        series_uid=found.uid,
        description=found.header.description,
        files=tuple(frame.path for frame in stack.frames),
    )


def _corners(stack: Stack) -> NDArray[np.float64]:
    """LPS places of the first pixel of the first and the last slice, and of the first slice's other ends."""
    rows, columns = stack.frames[0].shape
    first, last = stack.places_mm[[0, -1]] @ stack.axes
    along, across = stack.axes[:2] * np.array(stack.spacing_mm)[:, None] * [[columns - 1], [rows - 1]]
    return np.array([first, last, first + along, first + across])


def _ends(grid: Grid) -> NDArray[np.float64]:
    """The same corners of a grid."""
    i, j, k = (n - 1 for n in grid.size)
    index = np.array([(0, 0, 0, 1), (0, 0, k, 1), (i, 0, 0, 1), (0, j, 0, 1)])
    places: NDArray[np.float64] = (index @ grid.affine.T)[:, :3]
    return places
