"""Writes scans as studies come from a hospital: a DICOM series, NIfTI, NRRD or MetaImage."""

from __future__ import annotations

import errno
from pathlib import Path

import numpy as np

from .. import dicom_ct
from ..aside import aside_of
from ..decimal_point import decimal_point
from ..errors import OutputError
from ..volume import Scan

IMAGE_SUFFIXES = (".nii.gz", ".nii", ".nrrd", ".mha")
NOBODY = {
    "PatientName": "Phantom^OrganSeg",
    "PatientID": "PHANTOM",
    "PatientSex": "O",
    "PatientPosition": "HFS",
    "StudyDate": "20000101",
    "StudyTime": "000000",
    "StudyID": "1",
    "AcquisitionNumber": 1,
    "KVP": "120",
}


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
    with aside_of(path.parent) as aside:
        whole = aside / path.name
        try:
            with decimal_point():
                sitk.WriteImage(scan.grid.image(scan.voxels), whole, useCompression=suffix != ".nii")
            written = sitk.GetArrayFromImage(sitk.ReadImage(whole))
        except RuntimeError as error:
            raise OSError(errno.EIO, "the image writer failed") from error
        if not np.array_equal(written, scan.voxels):  # NIfTI's writer keeps silent when the disk is full
            raise OSError(errno.EIO, "the file is incomplete")
    return path


def write_dicom_series(scan: Scan, folder: str | Path) -> Path:
    """The scan as a CT series of a patient whose name is plainly a phantom's.

    Arguments, result and errors as `dicom_ct.write_dicom_series`.
    """
    description = {"SeriesDescription": scan.source.description}
    return dicom_ct.write_dicom_series(scan, folder, NOBODY | description)
