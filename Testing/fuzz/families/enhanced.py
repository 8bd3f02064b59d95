"""Enhanced multi-frame DICOM whose functional groups contradict the frames, or each other."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from hypothesis import strategies as st
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from Testing.unit.ingest.tiny_ct import write_enhanced

from ..damage import damaged_study
from ..study import GRID, VOXELS, Expect, Study

FRAMES = len(VOXELS)
NAME = "enhanced.dcm"
# Frames run from the head down, and rescale differently.
READ = (VOXELS + np.arange(FRAMES, dtype=np.int16)[:, None, None])[::-1]
BELOW = GRID.origin_mm[2] - 2.0 * (FRAMES - 1)
PLACE = type(GRID)(GRID.size, GRID.spacing_mm, (*GRID.origin_mm[:2], BELOW))
SPACING = [[1.5, 1.25], [1.5, 1.5], [0, 0], [1e9, 1e9]]


@cache
def base() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        data = pydicom.dcmread(write_enhanced(Path(folder) / NAME, VOXELS))
        data.SeriesInstanceUID, data.SOPInstanceUID = "1.2.3.4", "1.2.3.4.5"
        data.file_meta.MediaStorageSOPInstanceUID = "1.2.3.4.5"
        return _written(data)


def studies() -> st.SearchStrategy[Study]:
    return edited() | edited() | damaged_study(lambda: {NAME: base()}, NAME)


@st.composite
def edited(draw: st.DrawFn) -> Study:
    """One or two edits of the data set."""
    data = pydicom.dcmread(BytesIO(base()))
    names = draw(st.lists(st.sampled_from(sorted(EDITS)), min_size=1, max_size=2, unique=True))
    frame, number = draw(st.integers(0, FRAMES - 1)), draw(st.sampled_from([0, 1, 2, 8, 10, 18, 65535, -1]))
    for name in names:
        EDITS[name](data, frame, number)
    edits = (*names, f"frame {frame}, number {number}")
    named = draw(st.sampled_from(["", NAME]))
    return Study(
        edits, {NAME: _written(data)}, Expect.STANDS, named, READ, PLACE, frozenset({FRAMES - 1 - frame})
    )


def _written(data: Dataset) -> bytes:
    stream = BytesIO()
    with pydicom.config.disable_value_validation():
        data.save_as(stream, enforce_file_format=True)
    return stream.getvalue()


def _groups(data: Dataset) -> Any:
    """The frames' own groups; strangers' ones where an edit before has left none."""
    groups = data.get("PerFrameFunctionalGroupsSequence")
    return groups if isinstance(groups, Sequence) and groups else [Dataset()]


def _group(data: Dataset, frame: int) -> Dataset:
    groups = _groups(data)
    return groups[frame % len(groups)]


def _frames(data: Dataset, _: int, number: int) -> None:
    data.NumberOfFrames = number


def _fewer_groups(data: Dataset, frame: int, _: int) -> None:
    data.PerFrameFunctionalGroupsSequence = Sequence(_groups(data)[:frame])


def _more_groups(data: Dataset, frame: int, _: int) -> None:
    data.PerFrameFunctionalGroupsSequence = Sequence([*_groups(data), _group(data, frame)])


def _many_groups(data: Dataset, frame: int, _: int) -> None:
    data.PerFrameFunctionalGroupsSequence = Sequence([_group(data, frame)] * 2000)


def _empty_group(data: Dataset, frame: int, _: int) -> None:
    _group(data, frame).clear()


def _no_position(data: Dataset, frame: int, _: int) -> None:
    _group(data, frame).PlanePositionSequence = Sequence()


def _two_positions(data: Dataset, frame: int, _: int) -> None:
    other = Dataset()
    other.ImagePositionPatient = [0, 0, 0]
    items = _group(data, frame).get("PlanePositionSequence") or []
    _group(data, frame).PlanePositionSequence = Sequence([*items, other])


def _own_spacing(data: Dataset, frame: int, number: int) -> None:
    measures = Dataset()
    measures.PixelSpacing = SPACING[number % len(SPACING)]
    _group(data, frame).PixelMeasuresSequence = Sequence([measures])


def _own_orientation(data: Dataset, frame: int, _: int) -> None:
    plane = Dataset()
    plane.ImageOrientationPatient = [0, 1, 0, 1, 0, 0]
    _group(data, frame).PlaneOrientationSequence = Sequence([plane])


def _no_rescale(data: Dataset, frame: int, _: int) -> None:
    _group(data, frame).PixelValueTransformationSequence = Sequence()


def _no_shared(data: Dataset, _: int, __: int) -> None:
    data.SharedFunctionalGroupsSequence = Sequence()


def _no_groups(data: Dataset, _: int, __: int) -> None:
    data.PerFrameFunctionalGroupsSequence = Sequence()


def _cut_pixels(data: Dataset, frame: int, _: int) -> None:
    data.PixelData = data.PixelData[: frame * 512 + 100]


def _more_pixels(data: Dataset, frame: int, _: int) -> None:
    data.PixelData += data.PixelData[: frame * 512 + 512]


EDITS: dict[str, Callable[[Dataset, int, int], None]] = {
    edit.__name__.strip("_").replace("_", " "): edit
    for edit in (
        *(_frames, _fewer_groups, _more_groups, _many_groups, _empty_group, _no_position, _two_positions),
        *(_own_spacing, _own_orientation, _no_rescale, _no_shared, _no_groups),
        *(_cut_pixels, _more_pixels),
    )
}
