"""Label volumes as other programs save them: NIfTI, NRRD, MetaImage or a DICOM folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import SimpleITK as sitk
from numpy.typing import NDArray
from OrganSegLib.volume import Grid

from ..errors import DataError
from .dicom_slices import read_headers, read_stack, stack_of
from .faults import corrupt


def read_label_image(path: Path) -> tuple[NDArray[Any], Grid]:
    """Label values [k, j, i] as the file has them, and where they are.

    Raises:
        DataError: ``data.corrupt`` names the file that cannot be read, ``data.not_3d``; of a DICOM folder as
            `stack_of`.
    """
    if path.is_dir():
        files = sorted(file for file in path.iterdir() if not file.name.startswith("."))
        if len(files) < 2:
            raise _not_3d(path)
        stack = stack_of(read_headers(files))
        return read_stack(stack, stack.even_step_mm)
    try:
        image = sitk.ReadImage(str(path))
    except RuntimeError as error:
        raise corrupt(path) from error
    if image.GetDimension() != 3 or image.GetNumberOfComponentsPerPixel() != 1:
        raise _not_3d(path)
    return sitk.GetArrayFromImage(image), Grid.of(image)


def _not_3d(path: Path) -> DataError:
    return DataError("data.not_3d", f"{path.name} is no volume of one label per voxel.", "Save one volume.")
