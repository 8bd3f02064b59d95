"""The undamaged DICOM series that several families start from."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

from pydicom.dataset import Dataset

from Testing.unit.ingest.tiny_ct import write_series

from ..elements import Element, encode, file, parse
from ..study import VOXELS

SLICES = len(VOXELS)
# Nothing that ingest needs, and what it takes for granted when it is missing: all there, so as to be damaged.
STATED = {
    "SpecificCharacterSet": "ISO_IR 100",
    "StudyDate": "20200101",
    "PatientAge": "050Y",
    "PatientPosition": "HFS",
    "SliceThickness": 2,
    "KVP": 120,
    "ConvolutionKernel": "soft",
    "AcquisitionNumber": 1,
    "SeriesNumber": 1,
    "InstanceNumber": 1,
    "SliceLocation": 0,
    "SpacingBetweenSlices": 2,
    "WindowCenter": 40,
    "WindowWidth": 400,
    "NumberOfFrames": 1,
    "PlanarConfiguration": 0,
    "RescaleType": "HU",
    "PixelPaddingValue": -2000,
    "PixelPaddingRangeLimit": -2000,
    "PixelAspectRatio": [1, 1],
    "StudyInstanceUID": "1.2.3",
    "SeriesInstanceUID": "1.2.3.4",
}


@cache
def slices() -> tuple[tuple[Element, ...], ...]:
    """The elements of each slice, from the feet up."""

    def state(data: Dataset, n: int) -> None:
        for keyword, value in STATED.items():
            setattr(data, keyword, value)
        data.SOPInstanceUID = f"1.2.3.4.{n}"

    with tempfile.TemporaryDirectory() as folder:
        return tuple(parse(path.read_bytes()) for path in write_series(Path(folder), VOXELS, change=state))


@cache
def files() -> dict[str, bytes]:
    return {f"{n}.dcm": file(encode(elements)) for n, elements in enumerate(slices())}
