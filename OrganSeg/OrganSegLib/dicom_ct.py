"""A CT volume as a DICOM series: one CT Image Storage file per slice (DICOM PS3.3 A.3)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from . import __version__
from .aside import aside_of
from .errors import OutputError
from .volume import Scan

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pydicom.dataset import Dataset

EQUIPMENT = {
    "Manufacturer": "OrganSeg",
    "ManufacturerModelName": "OrganSeg",
    "SoftwareVersions": __version__,
}
UNKNOWN = {  # what every CT image must state, and only a scanner or a hospital can know
    "PatientName": "",
    "PatientID": "",
    "PatientBirthDate": "",
    "PatientSex": "",
    "StudyDate": "",
    "StudyTime": "",
    "StudyID": "",
    "AccessionNumber": "",
    "ReferringPhysicianName": "",
    "Laterality": "",
    "PatientPosition": "",
    "PositionReferenceIndicator": "",
    "AcquisitionNumber": None,
    "KVP": None,
}
PIXELS = {
    "SamplesPerPixel": 1,
    "PhotometricInterpretation": "MONOCHROME2",
    "BitsAllocated": 16,
    "BitsStored": 16,
    "HighBit": 15,
    "PixelRepresentation": 1,
    "RescaleSlope": "1",
    "RescaleIntercept": "0",
    "RescaleType": "HU",
    "WindowCenter": "40",
    "WindowWidth": "400",
}


def write_dicom_series(
    scan: Scan, folder: str | Path, headers: Mapping[str, Any] = MappingProxyType({})
) -> Path:
    """The scan as a CT series in a folder of its own, complete or not there at all.

    Args:
        scan: Hounsfield units.
        folder: new or empty.
        headers: as `ct_slices`.

    Returns:
        ``folder``.

    Raises:
        OutputError: ``output.exists`` for a folder with contents, ``output.not_writable`` when the disk
            refuses.
    """
    folder = Path(folder)
    if folder.is_dir() and any(folder.iterdir()):
        raise OutputError("output.exists", f"The folder '{folder}' is not empty.", "Choose a new folder.")
    with aside_of(folder) as aside:
        write_slices(scan, aside, headers)
    return folder


def write_slices(scan: Scan, folder: Path, headers: Mapping[str, Any]) -> list[Dataset]:
    """Write the slices, numbered in the order of the grid's k axis, into an existing folder.

    Returns:
        their data sets, without the pixels.

    Raises:
        OSError: the disk refuses.
    """
    written = []
    for number, slice_ in enumerate(ct_slices(scan, headers), start=1):
        slice_.save_as(folder / f"{number:04d}.dcm", enforce_file_format=True)
        del slice_.PixelData
        written.append(slice_)
    return written


def ct_slices(scan: Scan, headers: Mapping[str, Any]) -> Iterator[Dataset]:
    """One data set per slice along the grid's k axis, whatever its direction.

    Args:
        scan: Hounsfield units, stored as signed 16-bit integers.
        headers: keyword -> value. Says who the patient is; may say which study, series and frame of reference
            this is, with UIDs that are generated otherwise. The images' UIDs follow from the series'.
    """
    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

    uids = ("StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID")
    common: dict[str, Any] = {keyword: generate_uid() for keyword in uids if keyword not in headers}
    common |= {
        "SOPClassUID": CTImageStorage,
        "Modality": "CT",
        "ImageType": ["DERIVED", "SECONDARY", "AXIAL"],
        "SeriesNumber": 1,
        **UNKNOWN,
        **EQUIPMENT,
        **PIXELS,
        **headers,
    }
    for k, plane in enumerate(scan.voxels):
        slice_ = Dataset()
        slice_.SpecificCharacterSet = "ISO_IR 192"
        slice_.SOPInstanceUID = generate_uid(entropy_srcs=[str(common["SeriesInstanceUID"]), str(k)])
        for keyword, value in {**_place(scan, k), **common}.items():
            setattr(slice_, keyword, value)
        slice_.PixelData = _stored(plane)
        slice_.file_meta = FileMetaDataset()
        slice_.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        yield slice_


def _place(scan: Scan, k: int) -> dict[str, Any]:
    grid = scan.grid
    direction = np.reshape(grid.direction, (3, 3))
    position = grid.affine @ (0.0, 0.0, float(k), 1.0)
    return {
        "InstanceNumber": k + 1,
        "ImagePositionPatient": [decimal(value) for value in position[:3]],
        "ImageOrientationPatient": [decimal(value) for value in (*direction[:, 0], *direction[:, 1])],
        "PixelSpacing": [decimal(grid.spacing_mm[1]), decimal(grid.spacing_mm[0])],
        "SliceThickness": decimal(grid.spacing_mm[2]),
        "Rows": grid.size[1],
        "Columns": grid.size[0],
    }


def _stored(plane: NDArray[Any]) -> bytes:
    if np.issubdtype(plane.dtype, np.floating):
        plane = np.rint(plane)
    return np.ascontiguousarray(plane, "<i2").tobytes()


def decimal(value: float) -> str:
    """A DICOM decimal string: at most 16 characters."""
    return f"{value + 0.0:.10g}"
