"""Which of the series is the CT to segment, and why not the others."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..errors import InputError
from .extent import implausible_extent, implausible_place
from .headers import Frame
from .series import MIN_SLICES, Series

KINDS = {
    "MR": "magnetic resonance (MR)",
    "PT": "positron emission tomography (PET)",
    "NM": "nuclear medicine",
    "US": "ultrasound",
    "CR": "a radiograph",
    "DX": "a radiograph",
    "XA": "angiography",
    "SEG": "a segmentation",
    "RTSTRUCT": "radiotherapy contours",
    "RTDOSE": "a radiotherapy dose",
    "SR": "a report",
    "": "of unknown kind",
}
LONGEST_COSINE = 1.01  # of a direction that is written with few decimals
# DICOM PS3.3 C.11.1.1.2: rescaled values that are something else than Hounsfield units.
NOT_HU = {"OD", "MGML", "Z_EFF", "ED", "EDW", "PCT"}


def choose(found: Sequence[Series], uid: str | None = None) -> Series:
    """The axial CT with most slices, or the series ``uid``.

    Raises:
        InputError: ``input.no_such_series``, or the reason why the likeliest candidate cannot be used
            (see `refusal`).
    """
    wanted = [one for one in found if uid in (None, one.uid)]
    if not wanted:
        names = "; ".join(one.describe() for one in found)
        raise InputError("input.no_such_series", "The study has no series of that UID.", f"It has: {names}.")
    usable = [one for one in wanted if refusal(one) is None]
    if usable:
        return max(usable, key=lambda one: (one.axial, len(one.frames)))
    # A CT that fails by a detail says more than the scout or the report beside it.
    likeliest = max(wanted, key=lambda one: (not _other_kind(one), len(one.frames)))
    raise refusal(likeliest) or too_few(len(likeliest.frames))


def refusal(series: Series) -> InputError | None:
    """Why ``series`` cannot be segmented, from its headers alone; None when nothing speaks against it.

    Codes: ``input.not_ct``, ``input.scout``, ``input.rgb``, ``input.no_pixels``, ``input.no_spacing``,
    ``input.no_position``, ``input.implausible_extent``, ``input.implausible_place``, ``input.not_hu``,
    ``input.four_d``, ``input.too_few_slices``.
    """
    slices = len(series.frames)
    return (
        _other_kind(series)
        or _no_geometry(series)
        or _other_values(series)
        or (too_few(slices) if slices < MIN_SLICES else None)
    )


def too_few(slices: int) -> InputError:
    """``input.too_few_slices``, ready to raise."""
    return InputError(
        "input.too_few_slices",
        f"The series has only {slices} slices; at least {MIN_SLICES} are needed.",
        "Give the whole series, or choose another one.",
    )


def _other_kind(series: Series) -> InputError | None:
    header = series.header
    if header.modality != "CT":
        kind = KINDS.get(header.modality, f"of the kind {header.modality}")
        return InputError("input.not_ct", f"The series is {kind}, not CT.", "Choose a CT series.")
    if header.localizer:
        sentence = "The series is a scout (localizer), a flat overview image."
        return InputError("input.scout", sentence, "Choose the CT series itself.")
    if not header.grey:
        sentence = "The images are in colour, as screenshots and 3D views are."
        return InputError("input.rgb", sentence, "Choose the original CT series.")
    if min(header.rows, header.columns) < MIN_SLICES:
        sentence = f"The files hold no image of a body, but {header.rows} x {header.columns} pixels."
        return InputError("input.no_pixels", sentence, "Choose a CT series.")
    return None


def _no_geometry(series: Series) -> InputError | None:
    if any(min(frame.spacing, default=0.0) <= 0 for frame in series.frames):
        return InputError(
            "input.no_spacing",
            "The files do not say how large their pixels are, so nothing could be measured.",
            "Export the original CT series, not a secondary capture.",
        )
    if not all(frame.position and _are_axes(frame.orientation) for frame in series.frames):
        return InputError(
            "input.no_position",
            "The files do not say where their slices are in the patient.",
            "Export the original CT series, not a secondary capture.",
        )
    problems = (
        implausible_extent(_extents(frame)) or implausible_place(frame.position) for frame in series.frames
    )
    return next(filter(None, problems), None)


def _extents(frame: Frame) -> list[float]:
    """Height and width of a slice in mm."""
    return [n * mm for n, mm in zip(frame.shape, frame.spacing, strict=True)]


def _other_values(series: Series) -> InputError | None:
    if series.header.rescale_type.upper() in NOT_HU:
        return InputError(
            "input.not_hu",
            f"The series holds derived values ({series.header.rescale_type}), not Hounsfield units.",
            "Choose the plain CT series.",
        )
    if series.volumes > 1:
        return InputError(
            "input.four_d",
            f"The series holds {series.volumes} volumes over time (4D); only one can be segmented at a time.",
            "Export the phase that you want as a series of its own.",
        )
    return None


def _are_axes(orientation: Sequence[float]) -> bool:
    """Whether these are two unit vectors at right angles."""
    if not orientation or max(map(abs, orientation)) > LONGEST_COSINE:
        return False
    axes = np.reshape(orientation, (2, 3))
    return bool(np.allclose(axes @ axes.T, np.eye(2), atol=1e-2))
