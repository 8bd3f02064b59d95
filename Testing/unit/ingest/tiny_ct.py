"""Small CT studies for the tests of ingest: a body in air, written as DICOM in every good and bad way."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from OrganSegLib.errors import InputError
from OrganSegLib.ingest import read_study
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence as Items
from pydicom.uid import UID, CTImageStorage, EnhancedCTImageStorage, ExplicitVRLittleEndian, generate_uid

SHARED = Path(__file__).resolve().parents[4] / "shared" / "data"
AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
PATIENT = "Doe^Jane"
Change = Callable[[Dataset, int], None]


def real(name: str) -> Path:
    """A file or folder of the shared real data; skips the test where there is none."""
    path = Path(os.environ.get("ORGANSEG_TEST_DATA", SHARED)) / name
    if not path.exists():
        pytest.skip(f"real data not found: {name}")
    return path


def body(slices: int = 12, rows: int = 24, columns: int = 32) -> NDArray[np.int16]:
    """An oval of noisy soft tissue with a lung and a bone, in air; HU, [k, j, i], no two slices alike."""
    noise = np.random.default_rng(7).normal(0, 10, (slices, rows, columns))
    j, i = np.mgrid[-1 : 1 : rows * 1j, -1 : 1 : columns * 1j]
    hu = np.where(i**2 + j**2 < 0.8, 40.0, -950.0)
    hu[(i - 0.4) ** 2 + j**2 < 0.06] = -800
    hu[(i + 0.4) ** 2 + j**2 < 0.02] = 500
    return np.rint(hu + noise).astype(np.int16)


def along_z(slices: int, step: float = 2.0) -> list[tuple[float, float, float]]:
    return [(-20.0, -10.0, 100.0 + step * n) for n in range(slices)]


def write_series(
    folder: Path,
    hu: NDArray[np.int16] | None = None,
    positions: Sequence[Sequence[float]] | None = None,
    change: Change | None = None,
    syntax: UID = ExplicitVRLittleEndian,
) -> list[Path]:
    """A CT series of one file per slice; the files' names are in no order of position.

    Args:
        folder: where to; made when missing.
        hu: [slice, row, column], 1.5 x 1.25 mm pixels.
        positions: of the first pixel of each slice; 2 mm apart along z otherwise.
        change: called with each data set and its slice number before it is written.
        syntax: an uncompressed transfer syntax.
    """
    hu = body() if hu is None else hu
    positions = positions or along_z(len(hu))
    folder.mkdir(parents=True, exist_ok=True)
    series, study = generate_uid(), generate_uid()
    shuffled = np.random.default_rng(0).permutation(len(hu))
    paths = []
    for n, (plane, position) in enumerate(zip(hu, positions, strict=True)):
        data = _slice(plane)
        data.StudyInstanceUID, data.SeriesInstanceUID = study, series
        data.ImagePositionPatient, data.ImageOrientationPatient = list(position), list(AXIAL)
        if change:
            change(data, n)
        path = folder / f"{shuffled[n]:04d}.dcm"
        save(data, path, syntax)
        paths.append(path)
    return paths


def _slice(plane: NDArray[np.int16]) -> Dataset:
    data = Dataset()
    data.SOPClassUID, data.SOPInstanceUID = CTImageStorage, generate_uid()
    data.Modality, data.SeriesDescription, data.ImageType = (
        "CT",
        "Tiny body",
        ["ORIGINAL", "PRIMARY", "AXIAL"],
    )
    data.PatientName, data.PatientID = PATIENT, "4711"
    data.PixelSpacing = [1.5, 1.25]
    data.RescaleSlope, data.RescaleIntercept = 1, -1024
    _pixels(data, plane)
    return data


def _pixels(data: Dataset, hu: NDArray[np.int16]) -> None:
    data.Rows, data.Columns = hu.shape[-2:]
    data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
    data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = 16, 16, 15, 1
    data.PixelData = (hu + 1024).astype("<i2").tobytes()


def write_enhanced(path: Path, hu: NDArray[np.int16], moments: Sequence[int] | None = None) -> Path:
    """One Enhanced CT file; its frames run from top to bottom, and rescale differently.

    Args:
        path: file to write.
        hu: [frame, row, column].
        moments: index over time of each frame, which then share positions.
    """
    data = _slice(hu[0])
    data.SOPClassUID, data.SeriesInstanceUID = EnhancedCTImageStorage, generate_uid()
    del data.PixelSpacing, data.RescaleSlope, data.RescaleIntercept
    data.NumberOfFrames = len(hu)
    _pixels(data, hu)
    measures, orientation, shared = Dataset(), Dataset(), Dataset()
    measures.PixelSpacing = [1.5, 1.25]
    orientation.ImageOrientationPatient = list(AXIAL)
    shared.PixelMeasuresSequence, shared.PlaneOrientationSequence = Items([measures]), Items([orientation])
    data.SharedFunctionalGroupsSequence = Items([shared])
    places = [n // len(set(moments)) for n in range(len(hu))] if moments else range(len(hu))
    frames = []
    for n, place in enumerate(places):
        position, values, content, group = Dataset(), Dataset(), Dataset(), Dataset()
        position.ImagePositionPatient = [-20, -10, 100 - 2 * place]
        values.RescaleSlope, values.RescaleIntercept = 1, -1024 + n
        values.RescaleType = "HU"
        content.TemporalPositionIndex = moments[n] if moments else 1
        group.PlanePositionSequence, group.FrameContentSequence = Items([position]), Items([content])
        group.PixelValueTransformationSequence = Items([values])
        frames.append(group)
    data.PerFrameFunctionalGroupsSequence = Items(frames)
    save(data, path)
    return path


def save(data: Dataset, path: Path, syntax: UID = ExplicitVRLittleEndian) -> None:
    """Write ``data`` with a file header of its own."""
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = syntax
    data.file_meta.MediaStorageSOPClassUID = data.SOPClassUID
    data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID or generate_uid()
    data.save_as(
        path,
        implicit_vr=syntax.is_implicit_VR,
        little_endian=syntax.is_little_endian,
        enforce_file_format=True,
    )


def refused(path: Path, code: str, series: str | None = None) -> InputError:
    """Read what must be refused: with that code, a sentence, a next step, and no patient's name in them."""
    with pytest.raises(InputError) as caught:
        read_study(path, series)
    error = caught.value
    assert error.code == code
    assert error.sentence.endswith(".")
    assert error.next_step.endswith(".")
    assert not any(secret in str(error) for secret in ("Doe", "Jane", "4711", "Traceback"))
    return error


def codes(notes: Sequence[object]) -> list[str]:
    return [note.code for note in notes]  # type: ignore[attr-defined]
