"""Label volumes as other programs save them: NIfTI, NRRD, MetaImage or a DICOM folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import SimpleITK as sitk
from numpy.typing import NDArray
from OrganSegLib.volume import Grid

from ..errors import DataError


def read_label_image(path: Path) -> tuple[NDArray[Any], Grid]:
    """Label values [k, j, i] as the file has them, and where they are.

    Raises:
        DataError: ``data.corrupt`` names the file that cannot be read, ``data.not_3d``.
    """
    try:
        image = sitk.ReadImage(_slices(path) if path.is_dir() else str(path))
    except RuntimeError as error:
        raise corrupt(path) from error
    if image.GetDimension() != 3 or image.GetNumberOfComponentsPerPixel() != 1:
        raise DataError(
            "data.not_3d",
            f"{path.name} is no volume of one label per voxel.",
            "Save the labels as one volume.",
        )
    return sitk.GetArrayFromImage(image), Grid.of(image)


def corrupt(path: Path) -> DataError:
    """``data.corrupt``, ready to raise."""
    return DataError(
        "data.corrupt", f"{path.name} is damaged or no file of its kind.", "Copy it again, or leave it out."
    )


def _slices(folder: Path) -> tuple[str, ...]:
    files = sitk.ImageSeriesReader.GetGDCMSeriesFileNames(str(folder))
    if not files:
        raise corrupt(folder)
    return tuple(files)
