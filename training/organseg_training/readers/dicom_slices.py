"""DICOM files as slices in the patient, whatever they show: single CT slices, masks, label maps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from OrganSegLib.errors import InputError
from OrganSegLib.ingest.headers import Frame, Header, read_header
from OrganSegLib.ingest.pixels import decode
from OrganSegLib.ingest.stack import Stack
from OrganSegLib.volume import Grid

from ..errors import DataError
from .faults import corrupt, mixed_sizes

AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)


def read_headers(files: Sequence[Path]) -> list[Header]:
    """What the files say of themselves.

    Raises:
        DataError: ``data.corrupt`` names the file that cannot be read.
    """
    headers = []
    for path in files:
        try:
            headers.append(read_header(path))
        except Exception as error:  # pydicom raises anything on damaged bytes
            raise corrupt(path) from error
    return headers


def stack_of(headers: Sequence[Header]) -> Stack:
    """The slices in order along their normal; those that state no position in the order given, 1 mm apart.

    Raises:
        DataError: ``data.no_spacing``, ``data.mixed_sizes``.
    """
    frames: list[Frame] = []
    for n, header in enumerate(headers):
        name, frame = Path(header.path).name, header.frames[0]
        if min(frame.spacing, default=0.0) <= 0:
            sentence = f"{name} does not say how large its pixels are."
            raise DataError("data.no_spacing", sentence, "Export the original slices.")
        if not (frame.position and frame.orientation):
            frame = replace(frame, position=(0.0, 0.0, float(n)), orientation=AXIAL)
        frames.append(frame)
        if frame.shape != frames[0].shape or not np.allclose(frame.spacing, frames[0].spacing, rtol=1e-3):
            first = Path(headers[0].path).name
            raise mixed_sizes(f"{name} has another size than {first} of the same series.")
    return Stack.of(frames)


def read_stack(stack: Stack, step_mm: float) -> tuple[NDArray[np.int16], Grid]:
    """The rescaled values [k, j, i] of the slices, whole numbers from -1024, and where they are.

    Raises:
        DataError: ``data.corrupt`` names the file that is damaged.
    """
    voxels = np.concatenate([_plane(frame) for frame in stack.frames])
    slices, rows, columns = voxels.shape
    x, y, z = (float(part) for part in stack.places_mm[0] @ stack.axes)
    direction = tuple(float(cosine) for cosine in stack.axes.T.ravel())
    return voxels, Grid((columns, rows, slices), (*stack.spacing_mm, step_mm), (x, y, z), direction)


def _plane(frame: Frame) -> NDArray[np.int16]:
    try:
        return decode([frame])[0]
    except InputError as error:
        raise corrupt(Path(frame.path)) from error
