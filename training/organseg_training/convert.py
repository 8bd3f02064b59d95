"""Scans and label maps from NIfTI, NRRD or MetaImage to DICOM and back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from OrganSegLib.dicom_ct import write_dicom_series
from OrganSegLib.ingest import read_study
from OrganSegLib.ingest.locate import image_format, is_dicom
from OrganSegLib.phantom import write_image
from OrganSegLib.volume import Scan, Source
from pydicom.uid import SecondaryCaptureImageStorage

from .errors import DataError
from .files import plain_name
from .readers.label_image import read_label_image
from .readers.planes import natural

LARGEST_LABEL = 32767  # of signed 16-bit pixels


def read_scan(source: Path, labels: bool) -> Scan:
    """A scan in Hounsfield units, or a label map in the same form with the values that it has.

    Raises:
        InputError: the scan cannot be used.
        DataError: ``data.corrupt``, ``data.not_3d``, or ``data.label_values`` for labels that are no whole
            numbers from 0.
    """
    if not labels:
        return read_study(source)
    values, grid = read_label_image(source)
    if values.min() < 0 or values.max() > LARGEST_LABEL or np.any(values != np.rint(values)):
        raise DataError(
            "data.label_values",
            f"{source.name} is no label map: its values are not all whole numbers from 0 to {LARGEST_LABEL}.",
            "Convert it without --labels if it is a scan.",
        )
    return Scan(values.astype(np.int16), grid, Source(str(source), "labels"))


def to_dicom(source: Path, folder: Path, labels: bool = False) -> Path:
    """Write a scan as a CT series with UIDs of its own; each file says where its slice is in the patient.

    Labels become Secondary Capture images of the modality OT, one value per class, so that nobody takes them
    for a CT. The patient is named after the source. A grid whose axes are left-handed is the same in the
    patient, and comes back with its slices in reverse order.

    Args:
        source: whatever the engine reads; with ``labels``, a label map of any number of organs.
        folder: new or empty.
        labels: whether ``source`` is a label map.

    Raises:
        InputError, DataError: as `read_scan`.
        OutputError: ``output.exists``, ``output.not_writable``.
    """
    name = plain_name(source)
    headers: dict[str, object] = {
        "PatientName": name,
        "PatientID": name,
        "SeriesDescription": f"{'Labels' if labels else 'CT'} converted from {name}"[:64],
    }
    if labels:
        headers |= {
            "SOPClassUID": SecondaryCaptureImageStorage,
            "Modality": "OT",
            "ConversionType": "WSD",
            "RescaleType": "US",
        }
    return write_dicom_series(read_scan(source, labels), folder, headers)


def to_image(source: Path, file: Path, labels: bool = False) -> Path:
    """Write a scan or a label map as one NIfTI, NRRD or MetaImage file, by the ending of ``file``.

    Raises:
        InputError, DataError: as `read_scan`.
        OutputError: ``output.format``, ``output.not_writable``.
    """
    return write_image(read_scan(source, labels), file)


def scans_in(source: Path) -> list[Path]:
    """The scans that a path stands for: itself, or each file and folder in a folder that is no series.

    Raises:
        DataError: ``data.layout`` for a folder without any.
    """
    if not source.is_dir():
        return [source]
    if slices_in(source):
        return [source]
    inside = sorted(path for path in source.iterdir() if not path.name.startswith("."))
    scans = [path for path in inside if path.is_dir() or image_format(path) or path.suffix == ".zip"]
    if not scans:
        raise DataError("data.layout", f"{source} holds no scan.", "Check the folder.")
    return scans


def slices_in(folder: Path) -> list[Path]:
    """The DICOM files that lie in a folder, in the order of their names; nothing below it."""
    files = [path for path in folder.iterdir() if path.is_file() and not path.name.startswith(".")]
    return sorted((path for path in files if not image_format(path) and is_dicom(path)), key=natural)
