"""Labels drawn slice by slice: one picture, array or DICOM file for each slice of a scan."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from OrganSegLib.volume import Scan

from ..classes import UNKNOWN
from ..errors import DataError
from ..grids import times
from .faults import corrupt, mixed_sizes
from .reader import LabelArray
from .values import LabelValues

JPEG = (".jpg", ".jpeg")
MASKS = (".npy", ".png", *JPEG)
# Neighbouring values in JPEG pictures must be further apart than its noise: about 10 at usual qualities.
LEAST_JPEG_GAP = 32
RESAMPLED = {"input.gantry_tilt", "input.uneven_spacing", "input.missing_slices"}


def natural(path: Path) -> tuple[object, ...]:
    """Sorting key by which ``slice_10`` comes after ``slice_9``."""
    return tuple(int(part) if part.isdigit() else part for part in re.split(r"(\d+)", path.name))


def read_plane(path: Path) -> NDArray[Any]:
    """The values of a 2D file, [row, column]: ``.npy``, a grey or palette picture, or DICOM.

    Raises:
        DataError: ``data.corrupt``, ``data.coloured``.
    """
    try:
        plane = _decoded(path)
    except Exception as error:  # decoders raise anything on damaged files
        raise corrupt(path) from error
    if plane.ndim == 3 and all(np.array_equal(plane[..., 0], plane[..., n]) for n in range(1, 3)):
        plane = plane[..., 0]
    if plane.ndim != 2:
        raise DataError(
            "data.coloured", f"{path.name} is no grey picture of labels.", "Save it with one value per pixel."
        )
    return plane


def read_labels(path: Path, values: LabelValues) -> NDArray[np.uint8]:
    """A slice of labels in class numbers; what JPEG blurred goes back to the nearest value of the list.

    Raises:
        DataError: ``data.label_values`` names the file whose values are not in the list, or where JPEG has
            blurred them too far to tell; as `read_plane`.
    """
    plane = read_plane(path)
    if path.suffix.lower() in JPEG:
        plane = unblurred(plane, sorted(values.numbers), path.name)
    return values.translated(plane, path.name)


def unblurred(plane: NDArray[Any], listed: list[int], file: str) -> NDArray[Any]:
    """Each pixel's nearest listed value, where JPEG noise leaves no doubt which one was drawn.

    A pixel is in doubt in the middle third between two values, and as far beyond the last. Values closer than
    `LEAST_JPEG_GAP` are always in doubt: noise turns one into the other.

    Raises:
        DataError: ``data.label_values``.
    """
    known = np.asarray(listed)
    if np.diff(known).min() < LEAST_JPEG_GAP:
        raise DataError(
            "data.label_values",
            f"{file}: JPEG cannot tell label values apart as close as {', '.join(map(str, listed))}.",
            "Save the labels as PNG or .npy.",
        )
    flat = plane.astype(int).ravel()
    right = np.clip(np.searchsorted(known, flat), 1, len(known) - 1)
    low, high = known[right - 1], known[right]
    nearest = np.where(flat - low < high - flat, low, high)
    doubtful = 3 * np.abs(flat - nearest) > high - low
    if doubtful.any():
        raise DataError(
            "data.label_values",
            f"{file}: {doubtful.sum()} pixels are far from all listed values "
            f"({', '.join(map(str, listed))}), e.g. {flat[doubtful][0]}: blurred by JPEG, or wrong.",
            "Save the labels as PNG or .npy, and check the list.",
        )
    return nearest.reshape(plane.shape)


def stacked(
    name: str, scan: Scan, plane: Callable[[Path], NDArray[np.uint8]], known: tuple[str, ...]
) -> LabelArray:
    """The labels of all slices on the grid of the scan.

    Args:
        name: of the scan, for errors.
        scan: from DICOM files, one for each of its planes.
        plane: class numbers [row, column] for the DICOM file of a slice.
        known: see `LabelArray`.

    Raises:
        DataError: ``data.uneven_slices`` where the engine had to resample the slices, ``data.mixed_sizes``
            where a mask has another size than its slice; as ``plane``.
    """
    if RESAMPLED & {note.code for note in scan.notes} or len(scan.source.files) != scan.grid.size[2]:
        raise DataError(
            "data.uneven_slices",
            f"{name}: its slices are tilted or lie unevenly; masks drawn on them do not fit.",
            "Leave the scan out, or give its labels as a volume (layout pairs).",
        )
    values = np.full(scan.grid.shape, UNKNOWN, np.uint8)
    for k, file in enumerate(map(Path, scan.source.files)):
        drawn = plane(file)
        if drawn.shape != values.shape[1:]:
            raise mixed_sizes(
                f"{name}: the mask of {file.name} has {times(drawn.shape)} pixels, "
                f"not {times(values.shape[1:])}."
            )
        values[k] = drawn
    return LabelArray(values, scan.grid, known)


def _decoded(path: Path) -> NDArray[Any]:
    if path.suffix == ".npy":
        return np.asarray(np.load(path, allow_pickle=False))
    if path.suffix.lower() in (".png", *JPEG):
        from PIL import Image

        with Image.open(path) as picture:
            # One bit is drawn as black and white everywhere: 0 and 255.
            return np.asarray(picture.convert("L") if picture.mode == "1" else picture)
    import pydicom

    return np.asarray(pydicom.dcmread(path, force=True).pixel_array)
