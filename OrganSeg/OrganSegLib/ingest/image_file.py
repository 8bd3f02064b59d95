"""One volume in one file: NIfTI, NRRD or MetaImage, read by SimpleITK with its affine in LPS."""

from __future__ import annotations

from pathlib import Path

import SimpleITK as sitk

from ..errors import InputError
from ..volume import Grid, Note, Scan, Source
from .checks import require_hounsfield, require_memory, to_hounsfield
from .locate import image_format

MIN_SLICES = 8
HEADER_BYTES = 4096
STATED_SPACING = {
    "NRRD": (b"space directions:", b"spacings:"),
    "MetaImage": (b"ElementSpacing", b"ElementSize"),
}


def read_image(path: Path, shown: str) -> Scan:
    """The CT in ``path``; ``shown`` is the path that the user named.

    Raises:
        InputError: ``input.unreadable``, ``input.bad_geometry`` (sheared or degenerate axes), ``input.rgb``,
            ``input.four_d``, ``input.two_d``, ``input.too_few_slices``, ``input.no_spacing``,
            ``input.too_large``, ``input.not_hu``.
    """
    sitk.ProcessObject_GlobalWarningDisplayOff()
    kind = image_format(path) or ""
    reader = sitk.ImageFileReader()
    reader.SetFileName(str(path))
    try:
        reader.ReadImageInformation()
        notes = _check_header(reader, kind, path)
        image = reader.Execute()
    except RuntimeError as problem:
        raise _explain(problem) from problem
    image = _drop_time(image)
    # A view, so that int16 voxels are copied once only, out of the image's own memory.
    voxels, changed = to_hounsfield(sitk.GetArrayViewFromImage(image))
    if not voxels.flags.owndata:
        voxels = voxels.copy()
    require_hounsfield(voxels)
    return Scan(voxels, Grid.of(image), Source(shown, kind), (*notes, *changed))


def _check_header(reader: sitk.ImageFileReader, kind: str, path: Path) -> list[Note]:
    size = reader.GetSize()
    if reader.GetNumberOfComponents() > 1:
        raise InputError(
            "input.rgb",
            "The image is in colour or has several values per voxel.",
            "Give the original grey CT.",
        )
    if len(size) > 3 and any(extent > 1 for extent in size[3:]):
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
            f"The volume has only {min(size[:3])} slices; at least {MIN_SLICES} are needed.",
            "Give the whole series.",
        )
    if not _states_spacing(reader, kind, path):
        raise InputError(
            "input.no_spacing",
            "The file does not say how large its voxels are.",
            "Convert the study again from the original DICOM files.",
        )
    # ITK holds the file's values, while the run holds what comes of them.
    stored = 8 if reader.GetPixelID() in (sitk.sitkFloat64, sitk.sitkInt64, sitk.sitkUInt64) else 4
    voxels = size[0] * size[1] * size[2]
    require_memory(voxels, stored + 8)
    return _orientation_notes(reader, kind)


def _states_spacing(reader: sitk.ImageFileReader, kind: str, path: Path) -> bool:
    """Whether the file itself gives its spacing: ITK silently fills in 1 mm where it does not."""
    if kind == "NIfTI":
        return all(float(reader.GetMetaData(f"pixdim[{axis}]")) != 0.0 for axis in (1, 2, 3))
    with path.open("rb") as stream:
        header = stream.read(HEADER_BYTES)
    return any(key in header for key in STATED_SPACING[kind])


def _orientation_notes(reader: sitk.ImageFileReader, kind: str) -> list[Note]:
    codes = ("qform_code", "sform_code")
    if kind != "NIfTI" or any(int(reader.GetMetaData(code) or 0) for code in codes):
        return []
    return [
        Note(
            "input.no_orientation",
            "The file does not say how it lies in the patient (qform and sform are unset): check left and right.",
        )
    ]


def _drop_time(image: sitk.Image) -> sitk.Image:
    """A 4D image of one volume as 3D."""
    while image.GetDimension() > 3:
        image = image[(slice(None),) * (image.GetDimension() - 1) + (0,)]
    return image


def _explain(problem: RuntimeError) -> InputError:
    text = str(problem).lower()
    if "orthonormal" in text or "direction" in text or "determinant" in text:
        return InputError(
            "input.bad_geometry",
            "The axes of the image are not at right angles (sheared or degenerate), so its place in the patient "
            "is not certain.",
            "Resample it to a straight grid, or give the original DICOM files, which OrganSeg straightens itself.",
        )
    if "zero-valued spacing" in text or "spacing" in text:
        return InputError(
            "input.no_spacing",
            "The file does not say how large its voxels are.",
            "Convert the study again from the original DICOM files.",
        )
    return InputError(
        "input.unreadable",
        "The image file is damaged, incomplete or of a kind that cannot be read.",
        "Copy or export it again.",
    )
