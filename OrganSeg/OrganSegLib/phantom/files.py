"""Writes scans as studies come from a hospital: a DICOM series, NIfTI, NRRD or MetaImage."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import OutputError
from ..volume import Scan

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pydicom.dataset import FileDataset

IMAGE_SUFFIXES = (".nii.gz", ".nii", ".nrrd", ".mha")


def write_image(scan: Scan, path: str | Path) -> Path:
    """The scan as one file, in the format that the suffix names (``IMAGE_SUFFIXES``).

    Args:
        scan: what to write.
        path: an existing file is replaced.

    Returns:
        ``path``.

    Raises:
        OutputError: ``output.format`` for another suffix, ``output.not_writable`` when the disk refuses.
    """
    import SimpleITK as sitk

    path = Path(path)
    suffix = next((suffix for suffix in IMAGE_SUFFIXES if path.name.lower().endswith(suffix)), None)
    if suffix is None:
        raise OutputError(
            "output.format",
            f"'{path.name}' does not say which image format to write.",
            f"End the name in one of {', '.join(IMAGE_SUFFIXES)}.",
        )
    with _written_aside(path.parent) as aside:
        whole = aside / f"image{suffix}"
        try:
            sitk.WriteImage(scan.grid.image(scan.voxels), whole, useCompression=suffix != ".nii")
            written = sitk.GetArrayFromImage(sitk.ReadImage(whole))
        except RuntimeError as error:
            raise OSError(errno.EIO, "the image writer failed") from error
        if not np.array_equal(written, scan.voxels):  # NIfTI's writer keeps silent when the disk is full
            raise OSError(errno.EIO, "the file is incomplete")
        os.replace(whole, path)
    return path


def write_dicom_series(
    scan: Scan, folder: str | Path, headers: Mapping[str, Any] = MappingProxyType({})
) -> Path:
    """The scan as a CT series, one CT Image Storage file per slice (DICOM PS3.3 A.3).

    The patient's name is plainly that of a phantom. Slices follow the grid's k axis, whatever its direction.

    Args:
        scan: int16 Hounsfield units.
        folder: new or empty.
        headers: keyword -> value, instead of the phantom's own.

    Returns:
        ``folder``.

    Raises:
        OutputError: ``output.exists`` for a folder with contents, ``output.not_writable`` when the disk
            refuses.
    """
    from pydicom.uid import generate_uid

    folder = Path(folder)
    if folder.is_dir() and any(folder.iterdir()):
        raise OutputError("output.exists", f"The folder '{folder}' is not empty.", "Choose a new folder.")
    study, series, frame = generate_uid(), generate_uid(), generate_uid()
    with _written_aside(folder) as aside:
        for k, pixels in enumerate(scan.voxels.astype(np.int16)):
            slice_ = _ct_slice(scan, k, pixels, headers)
            slice_.StudyInstanceUID, slice_.SeriesInstanceUID, slice_.FrameOfReferenceUID = (
                study,
                series,
                frame,
            )
            slice_.save_as(aside / f"{k + 1:04d}.dcm", enforce_file_format=True)
        for file in sorted(aside.iterdir()):
            os.replace(file, folder / file.name)
    return folder


def _ct_slice(scan: Scan, k: int, pixels: NDArray[np.int16], headers: Mapping[str, Any]) -> FileDataset:
    """Slice ``k`` of the scan with its place in the patient; the series' own UIDs are still missing."""
    from pydicom.dataset import FileDataset, FileMetaDataset
    from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = headers.get("SOPClassUID", CTImageStorage)
    meta.MediaStorageSOPInstanceUID = generate_uid()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    slice_ = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    direction = np.reshape(scan.grid.direction, (3, 3))
    position = scan.grid.affine @ (0.0, 0.0, float(k), 1.0)
    values: dict[str, Any] = {
        "SOPClassUID": meta.MediaStorageSOPClassUID,
        "SOPInstanceUID": meta.MediaStorageSOPInstanceUID,
        "Modality": "CT",
        "ImageType": ["DERIVED", "SECONDARY", "AXIAL"],
        "Manufacturer": "OrganSeg",
        "PatientName": "Phantom^OrganSeg",
        "PatientID": "PHANTOM",
        "PatientBirthDate": "",
        "PatientSex": "O",
        "PatientPosition": "HFS",
        "PositionReferenceIndicator": "",
        "StudyDate": "20000101",
        "StudyTime": "000000",
        "StudyID": "1",
        "AccessionNumber": "",
        "ReferringPhysicianName": "",
        "SeriesDescription": scan.source.description,
        "SeriesNumber": 1,
        "AcquisitionNumber": 1,
        "InstanceNumber": k + 1,
        "ImagePositionPatient": [_decimal(value) for value in position[:3]],
        "ImageOrientationPatient": [_decimal(value) for value in (*direction[:, 0], *direction[:, 1])],
        "PixelSpacing": [_decimal(scan.grid.spacing_mm[1]), _decimal(scan.grid.spacing_mm[0])],
        "SliceThickness": _decimal(scan.grid.spacing_mm[2]),
        "KVP": "120",
        "RescaleSlope": "1",
        "RescaleIntercept": "0",
        "RescaleType": "HU",
        "WindowCenter": "40",
        "WindowWidth": "400",
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "Rows": pixels.shape[0],
        "Columns": pixels.shape[1],
        "BitsAllocated": 16,
        "BitsStored": 16,
        "HighBit": 15,
        "PixelRepresentation": 1,
        "PixelData": np.ascontiguousarray(pixels, "<i2").tobytes(),
    }
    for keyword, value in (values | dict(headers)).items():
        setattr(slice_, keyword, value)
    return slice_


def _decimal(value: float) -> str:
    """A DICOM decimal string: at most 16 characters."""
    return f"{value + 0.0:.10g}"


@contextmanager
def _written_aside(folder: Path) -> Iterator[Path]:
    """A hidden folder in ``folder``, for files that move to their final names only once they are whole."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".organseg-", dir=folder) as aside:
            yield Path(aside)
    except OSError as error:
        raise OutputError(
            "output.not_writable",
            f"The scan could not be written to '{folder}': {error.strerror}.",
            "Check that you may write there and that the disk has room.",
        ) from error
