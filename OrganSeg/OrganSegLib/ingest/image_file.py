"""One volume in one file: NIfTI, NRRD or MetaImage, read by SimpleITK with its affine in LPS."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import SimpleITK as sitk

from ..errors import InputError
from ..volume import Grid, Note, Scan, Source
from .hounsfield import change_notes, require_hounsfield, settle
from .locate import image_format
from .memory import RUN_BYTES_PER_VOXEL, require_memory
from .series import MIN_SLICES

HEADER_BYTES = 4096
STATED_SPACING = {
    "NRRD": (b"space directions:", b"spacings:"),
    "MetaImage": (b"ElementSpacing", b"ElementSize"),
}
WIDE = (sitk.sitkFloat64, sitk.sitkInt64, sitk.sitkUInt64)


def read_image(path: Path, shown: str, series: str | None = None) -> Scan:
    """The CT in ``path``; ``shown`` is the path that the user named.

    Raises:
        InputError: ``input.no_such_series`` when a ``series`` is asked for, which such files do not have;
            ``input.unreadable``, ``input.bad_geometry`` (sheared or degenerate axes), ``input.rgb``,
            ``input.four_d``, ``input.two_d``, ``input.too_few_slices``, ``input.no_spacing``,
            ``input.too_large``, ``input.not_hu``.
    """
    if series is not None:
        sentence = "A NIfTI, NRRD or MetaImage file has no series to choose from."
        raise InputError("input.no_such_series", sentence, "Leave the series out.")
    sitk.ProcessObject_GlobalWarningDisplayOff()
    kind = image_format(path) or ""
    reader = sitk.ImageFileReader()
    reader.SetFileName(str(path))
    try:
        reader.ReadImageInformation()
        _check_shape(reader)
        _check_spacing(reader, kind, path)
        image = _without_time(reader.Execute())
    except RuntimeError as problem:
        raise _explain(problem) from problem
    values = sitk.GetArrayViewFromImage(image)
    voxels = np.empty(values.shape, np.int16)
    changed = [settle(values[plane], voxels[plane]) for plane in range(len(voxels))]
    require_hounsfield(voxels)
    notes = (*_orientation_notes(reader, kind), *change_notes(changed, voxels.size))
    return Scan(voxels, Grid.of(image), Source(shown, kind), notes)


def _check_shape(reader: sitk.ImageFileReader) -> None:
    size = reader.GetSize()
    if reader.GetNumberOfComponents() > 1:
        sentence = "The image is in colour or has several values per voxel."
        raise InputError("input.rgb", sentence, "Give the original grey CT.")
    if max(size[3:], default=1) > 1:
        raise InputError(
            "input.four_d",
            f"The file holds {size[3]} volumes (4D), and only one can be segmented at a time.",
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
    # The file's own values are in memory together with what comes of them.
    stored = 8 if reader.GetPixelID() in WIDE else 4
    require_memory(size[0] * size[1] * size[2], RUN_BYTES_PER_VOXEL + stored)


def _check_spacing(reader: sitk.ImageFileReader, kind: str, path: Path) -> None:
    """Require that the file itself gives its spacing: ITK silently takes 1 mm where it does not."""
    if kind == "NIfTI":
        stated = all(float(reader.GetMetaData(f"pixdim[{axis}]")) != 0 for axis in (1, 2, 3))
    else:
        with path.open("rb") as stream:
            header = stream.read(HEADER_BYTES)
        stated = any(key in header for key in STATED_SPACING[kind])
    if not stated:
        raise InputError(
            "input.no_spacing",
            "The file does not say how large its voxels are.",
            "Convert the study again from the original DICOM files.",
        )


def _orientation_notes(reader: sitk.ImageFileReader, kind: str) -> list[Note]:
    if kind != "NIfTI" or any(int(reader.GetMetaData(code)) for code in ("qform_code", "sform_code")):
        return []
    sentence = "The file does not say how it lies in the patient (no qform, no sform): check left and right."
    return [Note("input.no_orientation", sentence)]


def _without_time(image: sitk.Image) -> sitk.Image:
    """A 4D image that holds one volume, as 3D."""
    while image.GetDimension() > 3:
        image = image[(slice(None),) * (image.GetDimension() - 1) + (0,)]
    return image


def _explain(problem: RuntimeError) -> InputError:
    text = str(problem).lower()
    if "orthonormal" in text or "direction" in text or "determinant" in text:
        return InputError(
            "input.bad_geometry",
            "The axes of the image are not at right angles (sheared or degenerate), so its place in the "
            "patient is not certain.",
            "Resample it to a straight grid, or give the original DICOM files: OrganSeg straightens those.",
        )
    return InputError(
        "input.unreadable",
        "The image file is damaged, incomplete or of a kind that cannot be read.",
        "Copy or export it again.",
    )
