"""Single CT slices: which belong to one series, and what they show together, next to each other or not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pydicom
from OrganSegLib.ingest.hounsfield import require_hounsfield
from OrganSegLib.ingest.stack import SAME_POSITION_MM
from OrganSegLib.volume import Scan, Source

from ..errors import DataError
from .dicom_slices import read_headers, read_stack, stack_of
from .pairs import patient_in


def series_of(files: Sequence[Path], patient: str = "") -> dict[tuple[str, str], list[Path]]:
    """(patient, series) -> its files, in the order given.

    Args:
        files: single slices; a damaged one stands alone, and fails when it is read.
        patient: regular expression as of `slices.SliceOptions`.
    """
    series: dict[tuple[str, str], list[Path]] = defaultdict(list)
    for path in files:
        series[_origin(path, patient)].append(path)
    return series


def read_series(files: Sequence[Path], dimensions: int) -> Scan:
    """The slices of one series as a scan.

    Slices that lie unevenly stand side by side in it, as far apart as each is thick: a network of 2D does not
    look beyond a slice.

    Args:
        files: single slices.
        dimensions: of the network; in 3D the slices must make a volume.

    Raises:
        DataError: ``data.not_ct``, ``data.not_a_volume``; as `stack_of` and `read_stack`.
        InputError: the values are no Hounsfield units.
    """
    headers = read_headers(files)
    foreign = [h for h in headers if h.modality != "CT" or not h.grey or h.multiframe or h.localizer]
    if foreign:
        sentence = f"{Path(foreign[0].path).name} is no single CT slice."
        raise DataError("data.not_ct", sentence, "Leave it out.")
    stack = stack_of(headers)
    volume = len(files) > 1 and not stack.uneven and stack.gaps_mm.min() > SAME_POSITION_MM
    if dimensions == 3 and not volume:
        raise DataError(
            "data.not_a_volume",
            f"The {len(files)} slices from {files[0].name} on lie unevenly or alone: they are no volume.",
            "Train a 2D network (`dimensions: 2`), or give whole series.",
        )
    voxels, grid = read_stack(stack, stack.even_step_mm if volume else _thickness(files[0]))
    require_hounsfield(voxels)
    paths = tuple(frame.path for frame in stack.frames)
    return Scan(voxels, grid, Source(str(files[0].parent), "DICOM", modality="CT", files=paths))


def positions_mm(files: Sequence[str]) -> tuple[float, ...]:
    """Where the centres of a series' slices are along the patient's axis, in the order of `read_series`."""
    stack = stack_of(read_headers([Path(file) for file in files]))
    rows, columns = stack.frames[0].shape
    middle = np.array([columns - 1, rows - 1, 0]) / 2 * (*stack.spacing_mm, 0.0)
    return tuple(float(z) for z in ((stack.places_mm + middle) @ stack.axes)[:, 2])


def _origin(path: Path, pattern: str) -> tuple[str, str]:
    try:
        tags = ["PatientID", "SeriesInstanceUID"]
        header = pydicom.dcmread(path, stop_before_pixels=True, specific_tags=tags)
    except Exception:  # noqa: BLE001 (pydicom raises anything on damaged bytes)
        return path.stem, path.stem
    series = str(header.get("SeriesInstanceUID") or path.stem)
    named = patient_in(path.stem, pattern) if pattern else ""
    return named or str(header.get("PatientID") or series), series


def _thickness(path: Path) -> float:
    header = pydicom.dcmread(path, stop_before_pixels=True, specific_tags=["SliceThickness"], force=True)
    return float(header.get("SliceThickness") or 1.0)
