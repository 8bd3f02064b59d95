"""What the headers of DICOM files say, read without their pixels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .dicom_file import lenient, read_head

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

Numbers = tuple[float, ...]

MAX_SHOWN = 64  # DICOM's own limit of descriptions and UIDs (PS3.5 6.2)
MOST_RESCALE = 1e6
# From head to feet in steps of 0.2 mm; pydicom takes most of a millisecond for the groups of each.
MAX_FRAMES = 10_000
TEMPORAL = (
    "TemporalPositionIdentifier",
    "TemporalPositionIndex",
    "TriggerTime",
    "NominalPercentageOfCardiacPhase",
)
VARIANT = ("ImageType", "ConvolutionKernel", "AcquisitionNumber")
TAGS = [
    *("SOPInstanceUID", "SeriesInstanceUID", "Modality", "SeriesDescription"),
    *("Rows", "Columns", "SamplesPerPixel", "PhotometricInterpretation", "NumberOfFrames"),
    *("BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation"),
    *("PixelSpacing", "ImagePositionPatient", "ImageOrientationPatient"),
    *("RescaleSlope", "RescaleIntercept", "RescaleType", "PixelPaddingValue", "PixelPaddingRangeLimit"),
    *("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence"),
    *TEMPORAL,
    *VARIANT,
]
# Attribute -> the functional group that holds it in an Enhanced object (DICOM PS3.3 C.7.6.16).
GROUPS = {
    "PixelSpacing": "PixelMeasuresSequence",
    "ImagePositionPatient": "PlanePositionSequence",
    "ImageOrientationPatient": "PlaneOrientationSequence",
    "RescaleSlope": "PixelValueTransformationSequence",
    "RescaleIntercept": "PixelValueTransformationSequence",
    "RescaleType": "PixelValueTransformationSequence",
    "TemporalPositionIndex": "FrameContentSequence",
    "NominalPercentageOfCardiacPhase": "CardiacSynchronizationSequence",
}


@dataclass(frozen=True)
class Frame:
    """One slice: where it is and how its stored values become Hounsfield units.

    Attributes:
        path: the file that holds it; ``index`` is its place there, from 0.
        shape: rows and columns.
        position: LPS millimetres of the first pixel's centre; empty when not stated.
        orientation: direction of a row, then of a column (6 cosines); empty when not stated.
        spacing: millimetres between rows, then between columns; empty when not stated.
        slope, intercept: HU = slope * stored + intercept.
        rescaled: whether the file states each of them; 1 and 0 stand for what it does not.
        padding: stored values from the first to the last of these are not image; empty when not stated.
        moment: what tells volumes over time apart.
        variant: what tells several reconstructions in one series apart (image type, kernel, acquisition).
    """

    path: str
    index: int
    shape: tuple[int, int]
    position: Numbers
    orientation: Numbers
    spacing: Numbers
    slope: float
    intercept: float
    rescaled: tuple[bool, bool]
    padding: Numbers
    moment: tuple[str, ...]
    variant: tuple[str, ...]


@dataclass(frozen=True)
class Header:
    """One DICOM file: what it is, and its frames. Holds no patient identity."""

    path: str
    series_uid: str
    instance_uid: str
    repaired_uid: bool
    modality: str
    description: str
    localizer: bool
    grey: bool
    rescale_type: str
    multiframe: bool
    frames: tuple[Frame, ...]

    @property
    def rows(self) -> int:
        return self.frames[0].shape[0]

    @property
    def columns(self) -> int:
        return self.frames[0].shape[1]


def read_header(path: Path) -> Header:
    """The header of a DICOM file.

    Raises:
        ValueError: the header is cut off, or contradicts itself.
        Exception: whatever else pydicom meets in a damaged file; there is no common base class.
    """
    with lenient():
        data = read_head(path, TAGS)
        if not data.get("Modality") and not data.get("Rows"):
            raise ValueError("the header ends before it says what the file is")
        stated = _text(data, "SOPInstanceUID")
        frames = int(data.get("NumberOfFrames") or 1)
        if frames > MAX_FRAMES:
            raise ValueError("the file claims more frames than a body has slices")
        # Frames without a group of their own have no place of their own either: one stands for all.
        groups = len(data.get("PerFrameFunctionalGroupsSequence") or [])
        if groups not in (0, frames):
            raise ValueError("the file describes more or fewer frames than it holds")
        return Header(
            path=str(path),
            series_uid=_shown(data, "SeriesInstanceUID"),
            instance_uid=stated or _text(data.file_meta, "MediaStorageSOPInstanceUID"),
            repaired_uid=not stated,
            modality=_shown(data, "Modality"),
            description=_shown(data, "SeriesDescription"),
            localizer="LOCALIZER" in _text(data, "ImageType").upper(),
            grey=_is_grey(data),
            rescale_type=_shown(_holder(data, 0, "RescaleType"), "RescaleType"),
            multiframe=frames > 1,
            frames=tuple(_frame(data, str(path), index) for index in range(groups or 1)),
        )


def _is_grey(data: Dataset) -> bool:
    photometric = _text(data, "PhotometricInterpretation") or "MONOCHROME2"
    return photometric.startswith("MONOCHROME") and int(data.get("SamplesPerPixel") or 1) == 1


def _frame(data: Dataset, path: str, index: int) -> Frame:
    def numbers(keyword: str, count: int) -> Numbers:
        return _numbers(_holder(data, index, keyword), keyword, count)

    slope, intercept = (
        _rescale(_holder(data, index, keyword), keyword) for keyword in ("RescaleSlope", "RescaleIntercept")
    )
    if slope == 0 or max(abs(slope or 0), abs(intercept or 0)) > MOST_RESCALE:
        raise ValueError("the rescale is absurd")
    padding = sorted(_numbers(data, "PixelPaddingValue", 1) + _numbers(data, "PixelPaddingRangeLimit", 1))
    return Frame(
        path=path,
        index=index,
        shape=(int(data.get("Rows") or 0), int(data.get("Columns") or 0)),
        position=numbers("ImagePositionPatient", 3),
        orientation=numbers("ImageOrientationPatient", 6),
        spacing=numbers("PixelSpacing", 2),
        slope=1.0 if slope is None else slope,
        intercept=intercept or 0.0,
        rescaled=(slope is not None, intercept is not None),
        padding=tuple(value for value in padding if abs(value) < 2**32),
        moment=tuple(_text(_holder(data, index, keyword), keyword) for keyword in TEMPORAL),
        variant=tuple(_text(data, keyword) for keyword in VARIANT),
    )


def _rescale(data: Dataset, keyword: str) -> float | None:
    """The number that is stated; None when nothing is."""
    if found := _numbers(data, keyword, 1):
        return found[0]
    if _text(data, keyword):
        raise ValueError("the rescale is no number")
    return None


def _holder(data: Dataset, index: int, keyword: str) -> Dataset:
    """The part of ``data`` that states ``keyword`` for a frame: its own group, the shared one, or the top."""
    group = GROUPS.get(keyword)
    own = data.get("PerFrameFunctionalGroupsSequence") or []
    shared = data.get("SharedFunctionalGroupsSequence") or []
    for items in (own[index : index + 1], shared[:1]):
        if group and items and items[0].get(group):
            found: Dataset = items[0][group][0]
            return found
    return data


def _text(data: Dataset, keyword: str) -> str:
    value = data.get(keyword)
    if value is None:
        return ""
    return str(value).strip() if isinstance(value, str | int | float) else "\\".join(map(str, value))


def _shown(data: Dataset, keyword: str) -> str:
    """A text for people; empty when it is no text: a wrong length makes it swallow the patient's name."""
    value = _text(data, keyword).strip("\0 ")
    return value if value.isprintable() and len(value) <= MAX_SHOWN else ""


def _numbers(data: Dataset, keyword: str, count: int) -> Numbers:
    """``count`` numbers, or nothing at all when they are missing, malformed or not finite."""
    try:
        value: Any = data.get(keyword)
        parts = value if isinstance(value, Sequence) and not isinstance(value, str) else [value]
        found = tuple(float(part) for part in parts)
    except (TypeError, ValueError):
        return ()
    return found if len(found) == count and all(map(math.isfinite, found)) else ()
