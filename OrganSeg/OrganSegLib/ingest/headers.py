"""What the headers of DICOM files say, read without their pixels."""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

Numbers = tuple[float, ...]

TEMPORAL = (
    "TemporalPositionIdentifier",
    "TemporalPositionIndex",
    "TriggerTime",
    "NominalPercentageOfCardiacPhase",
)
VARIANT = ("ImageType", "ConvolutionKernel", "AcquisitionNumber")
TAGS = [
    *("SOPInstanceUID", "SeriesInstanceUID", "Modality", "SeriesDescription"),
    *("Rows", "Columns", "SamplesPerPixel", "NumberOfFrames", "PixelRepresentation"),
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
        ValueError: the header is cut off.
        Exception: whatever else pydicom meets in a damaged file; there is no common base class.
    """
    import pydicom
    from pydicom import config

    # A damaged value is judged by what it is needed for; pydicom's own warnings would litter a terminal.
    logging.getLogger("pydicom").setLevel(logging.ERROR)
    with config.disable_value_validation():
        data = pydicom.dcmread(path, stop_before_pixels=True, specific_tags=list(TAGS), force=True)
        if not data.get("Modality") and not data.get("Rows"):
            raise ValueError("the header ends before it says what the file is")
        stated = _text(data, "SOPInstanceUID")
        # Frames without a group of their own have no place of their own either: one stands for all.
        count = len(data.get("PerFrameFunctionalGroupsSequence") or [0])
        return Header(
            path=str(path),
            series_uid=_text(data, "SeriesInstanceUID"),
            instance_uid=stated or _text(data.file_meta, "MediaStorageSOPInstanceUID"),
            repaired_uid=not stated,
            modality=_text(data, "Modality"),
            description=_text(data, "SeriesDescription"),
            localizer="LOCALIZER" in _text(data, "ImageType").upper(),
            grey=int(data.get("SamplesPerPixel") or 1) == 1,
            rescale_type=_text(_holder(data, 0, "RescaleType"), "RescaleType"),
            multiframe=int(data.get("NumberOfFrames") or 1) > 1,
            frames=tuple(_frame(data, str(path), index) for index in range(count)),
        )


def _frame(data: Dataset, path: str, index: int) -> Frame:
    def numbers(keyword: str, count: int) -> Numbers:
        return _numbers(_holder(data, index, keyword), keyword, count)

    padding = sorted(_numbers(data, "PixelPaddingValue", 1) + _numbers(data, "PixelPaddingRangeLimit", 1))
    return Frame(
        path=path,
        index=index,
        shape=(int(data.get("Rows") or 0), int(data.get("Columns") or 0)),
        position=numbers("ImagePositionPatient", 3),
        orientation=numbers("ImageOrientationPatient", 6),
        spacing=numbers("PixelSpacing", 2),
        slope=(numbers("RescaleSlope", 1) or (1.0,))[0],
        intercept=(numbers("RescaleIntercept", 1) or (0.0,))[0],
        padding=tuple(padding),
        moment=tuple(_text(_holder(data, index, keyword), keyword) for keyword in TEMPORAL),
        variant=tuple(_text(data, keyword) for keyword in VARIANT),
    )


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


def _numbers(data: Dataset, keyword: str, count: int) -> Numbers:
    """``count`` numbers, or nothing at all when they are missing, malformed or not finite."""
    try:
        value: Any = data.get(keyword)
        parts = value if isinstance(value, Sequence) and not isinstance(value, str) else [value]
        found = tuple(float(part) for part in parts)
    except (TypeError, ValueError):
        return ()
    return found if len(found) == count and all(map(math.isfinite, found)) else ()
