"""One volume in one file: NIfTI, NRRD or MetaImage, with its affine in LPS as SimpleITK gives it."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from ..decimal_point import decimal_point
from ..errors import InputError
from ..volume import Grid, Note, Scan, Source
from .extent import require_plausible_extent
from .hounsfield import change_notes, require_hounsfield, settle
from .locate import image_format
from .memory import RUN_BYTES_PER_VOXEL, require_memory
from .nifti import NiftiFile
from .quiet import silent_stderr
from .series import MIN_SLICES
from .text_header import TextHeader

MAX_PATH_BYTES = 1000


def read_image(path: Path, shown: str, series: str | None = None) -> Scan:
    """The CT in ``path``; ``shown`` is the path that the user named.

    Raises:
        InputError: ``input.no_such_series`` when a ``series`` is asked for, which such files do not have;
            ``input.bad_name``, ``input.unreadable``, ``input.no_data_file``, ``input.bad_geometry`` (sheared,
            degenerate or contradictory axes), ``input.rgb``, ``input.four_d``, ``input.two_d``,
            ``input.no_spacing``, ``input.too_few_slices``, ``input.implausible_extent``,
            ``input.implausible_place``, ``input.too_large``, ``input.not_finite``, ``input.not_hu``.
    """
    if series is not None:
        sentence = "A NIfTI, NRRD or MetaImage file has no series to choose from."
        raise InputError("input.no_such_series", sentence, "Leave the series out.")
    _require_name(path)
    sitk.ProcessObject_GlobalWarningDisplayOff()
    kind = image_format(path) or ""
    reader = sitk.ImageFileReader()
    reader.SetFileName(str(path))
    try:
        header = NiftiFile.of(path) if kind == "NIfTI" else TextHeader.of(path, kind)
        _require_spacing(header)
        with silent_stderr(), decimal_point():
            reader.ReadImageInformation()
        grid = _grid(reader)
        planes = header.planes() if isinstance(header, NiftiFile) else _planes(reader, header, grid)
        voxels = np.empty(grid.shape, np.int16)
        changed = [settle(values, out) for values, out in zip(planes, voxels, strict=True)]
    except (RuntimeError, ValueError, KeyError, EOFError, OSError, zlib.error) as problem:
        raise _explain(problem) from problem
    notes = (*_orientation_notes(header), *change_notes(changed, voxels.size))
    require_hounsfield(voxels)
    return Scan(voxels, grid, Source(shown, kind), notes)


def _require_name(path: Path) -> None:
    """Require a path that ITK can take: over others, its readers end the whole process."""
    try:
        if len(str(path).encode()) <= MAX_PATH_BYTES:
            return
        sentence = f"The path of the file is longer than {MAX_PATH_BYTES} letters."
    except UnicodeEncodeError:  # where names are bytes, they need not be UTF-8
        sentence = "The name of the file, or of a folder around it, holds characters that cannot be read."
    raise InputError("input.bad_name", sentence, "Rename it, or move it to another folder.")


def _require_spacing(header: NiftiFile | TextHeader) -> None:
    """Require that the file itself gives its spacing: ITK silently takes 1 mm where it does not."""
    if not header.states_spacing:
        raise InputError(
            "input.no_spacing",
            "The file does not say how large its voxels are.",
            "Convert the study again from the original DICOM files.",
        )
    if not header.consistent:
        raise _bad_geometry(
            "The file contradicts itself, or gives no number, about its voxels' size or place."
        )


def _grid(reader: sitk.ImageFileReader) -> Grid:
    """The grid of the file's one volume, after a look at its shape."""
    size = reader.GetSize()
    if reader.GetNumberOfComponents() > 1:
        sentence = "The image is in colour or has several values per voxel."
        raise InputError("input.rgb", sentence, "Give the original grey CT.")
    if max(size[3:], default=1) > 1:
        raise InputError(
            "input.four_d",
            f"The file holds {max(size[3:])} volumes (4D), and only one can be segmented at a time.",
            "Save the volume that you want as a file of its own.",
        )
    if len(size) < 3:
        raise InputError("input.two_d", "The image is a single slice (2D).", "Give a volume.")
    if min(size[:3]) < MIN_SLICES:
        raise InputError(
            "input.too_few_slices",
            f"The volume is only {min(size[:3])} voxels thick; at least {MIN_SLICES} are needed.",
            "Give the whole series.",
        )
    # The file's own values may be in memory together with what comes of them.
    require_memory(size[0] * size[1] * size[2], RUN_BYTES_PER_VOXEL + _voxel_bytes(reader))
    direction = np.reshape(reader.GetDirection(), (len(size), len(size)))[:3, :3]
    grid = Grid(size[:3], reader.GetSpacing()[:3], reader.GetOrigin()[:3], tuple(map(float, direction.flat)))
    if not np.isfinite(grid.affine).all():
        raise _bad_geometry("The place of the image in the patient is not a number.")
    require_plausible_extent(grid)
    return grid


def _voxel_bytes(reader: sitk.ImageFileReader) -> int:
    bytes_: int = sitk.Image((1, 1, 1), reader.GetPixelID()).GetSizeOfPixelComponent()
    return bytes_


def _planes(reader: sitk.ImageFileReader, header: TextHeader, grid: Grid) -> Iterator[NDArray[Any]]:
    if header.packed:
        header.require_whole_voxels(grid.voxels * _voxel_bytes(reader))
    with silent_stderr(), decimal_point():
        image = reader.Execute()
    yield from sitk.GetArrayViewFromImage(image).reshape(grid.shape)


def _orientation_notes(header: NiftiFile | TextHeader) -> list[Note]:
    if not header.states_orientation:
        sentence = "The file does not say how it lies in the patient: check left and right."
        return [Note("input.no_orientation", sentence)]
    if isinstance(header, NiftiFile) and header.states_two_places:
        sentence = (
            "The file says in two ways how it lies in the patient (qform and sform): check left and right."
        )
        return [Note("input.two_orientations", sentence)]
    return []


def _bad_geometry(sentence: str) -> InputError:
    next_step = "Convert the study again, or give the original DICOM files: OrganSeg straightens those."
    return InputError("input.bad_geometry", sentence, next_step)


def _explain(problem: Exception) -> InputError:
    text = str(problem).lower()
    if any(word in text for word in ("orthonormal", "direction", "determinant")):
        return _bad_geometry("The axes of the image are not at right angles (sheared or degenerate).")
    return InputError(
        "input.unreadable",
        "The image file is damaged, incomplete or of a kind that cannot be read.",
        "Copy or export it again.",
    )
