"""Headers that contradict themselves: nothing is guessed, nothing printed, nobody named."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pydicom
import pytest
from OrganSegLib.ingest import read_study
from OrganSegLib.ingest.headers import read_header
from pydicom.sequence import Sequence

from Testing.unit.ingest.tiny_ct import PATIENT, body, codes, refused, write_enhanced, write_series

# pydicom warns of what is written here on purpose.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")


def element(keyword: str, vr: bytes, value: bytes) -> bytes:
    """A short element, explicit VR."""
    tag = pydicom.tag.Tag(keyword)
    return (
        tag.group.to_bytes(2, "little")
        + tag.element.to_bytes(2, "little")
        + vr
        + len(value).to_bytes(2, "little")
        + value
    )


@pytest.mark.parametrize("other", [b"1\\1 ", b"1.5\\1.25"])
def test_an_element_that_is_there_twice(tmp_path: Path, other: bytes) -> None:
    """Nothing says which is right; a copy of the same is no better."""
    for path in write_series(tmp_path):
        content = path.read_bytes()
        stated = element("PixelSpacing", b"DS", b"1.5\\1.25")
        assert stated in content
        path.write_bytes(content.replace(stated, stated + element("PixelSpacing", b"DS", other)))
    refused(tmp_path, "input.unreadable")


@pytest.mark.parametrize(
    "change",
    [{"RescaleIntercept": None}, {"RescaleIntercept": "x"}, {"RescaleSlope": 0}, {"RescaleSlope": 1e40}],
)
def test_one_slice_that_does_not_say_its_hounsfield_units(tmp_path: Path, change: dict[str, object]) -> None:
    """It is left out, and interpolated as any missing slice is: its values could be anything."""

    def spoil(data: pydicom.Dataset, n: int) -> None:
        for keyword, value in change.items() if n == 5 else ():
            delattr(data, keyword) if value is None else _set_raw(data, keyword, str(value).encode())

    write_series(tmp_path, change=spoil)
    scan = read_study(tmp_path)
    assert "input.missing_slices" in codes(scan.notes)
    kept = [n for n in range(12) if n != 5]
    np.testing.assert_array_equal(scan.voxels[kept], body()[kept])
    assert np.abs(scan.voxels[5] - body()[[4, 6]].mean(axis=0)).max() < 1


def _set_raw(data: pydicom.Dataset, keyword: str, value: bytes) -> None:
    """Whatever bytes, as no writer would let them pass."""
    tag = pydicom.tag.Tag(keyword)
    value += b" " * (len(value) % 2)
    kind = pydicom.datadict.dictionary_VR(tag)
    data[tag] = pydicom.dataelem.RawDataElement(tag, kind, len(value), value, 0, False, True)


def test_frames_that_are_more_or_fewer_than_described(tmp_path: Path) -> None:
    path = write_enhanced(tmp_path / "enhanced.dcm", body(20))
    for described in (12, 21):
        data = pydicom.dcmread(write_enhanced(path, body(20)))
        groups = list(data.PerFrameFunctionalGroupsSequence)
        data.PerFrameFunctionalGroupsSequence = Sequence((groups + groups)[:described])
        data.save_as(path)
        refused(path, "input.unreadable")


def test_more_frames_than_a_body_has_slices(tmp_path: Path) -> None:
    """65535 of them, each described, if only by an empty group: that takes pydicom half a minute to see."""
    path = write_enhanced(tmp_path / "enhanced.dcm", body(20))
    data = pydicom.dcmread(path)
    data.NumberOfFrames = 65535
    del data.PerFrameFunctionalGroupsSequence
    pixels = data.PixelData
    del data.PixelData
    data.save_as(path)
    groups = b"\xfe\xff\x00\xe0\0\0\0\0" * 65535
    behind = b"\x00\x52\x30\x92SQ\0\0" + len(groups).to_bytes(4, "little") + groups
    behind += b"\xe0\x7f\x10\x00OW\0\0" + len(pixels).to_bytes(4, "little") + pixels
    path.write_bytes(path.read_bytes() + behind)
    refused(path, "input.unreadable")


def test_frames_of_other_pixel_size_are_a_series_of_their_own(tmp_path: Path) -> None:
    path = write_enhanced(tmp_path / "enhanced.dcm", body(20))
    data = pydicom.dcmread(path)
    for group in data.PerFrameFunctionalGroupsSequence[:9]:
        measures = pydicom.Dataset()
        measures.PixelSpacing = [3, 3]
        group.PixelMeasuresSequence = Sequence([measures])
    data.save_as(path)
    scan = read_study(path)
    assert scan.grid.size[2] == 11
    assert scan.grid.spacing_mm[:2] == (1.25, 1.5)
    assert len(scan.source.other_series) == 1


@pytest.mark.parametrize("keyword", ["SeriesDescription", "Modality", "SeriesInstanceUID"])
def test_a_wrong_length_that_swallows_the_patient(tmp_path: Path, keyword: str) -> None:
    """What is no text any more is not shown: the elements behind it may be the patient's."""

    def swallow(data: pydicom.Dataset, _: int) -> None:
        _set_raw(data, keyword, b"CT" + element("PatientName", b"PN", PATIENT.encode()))

    paths = write_series(tmp_path, change=swallow)
    header = read_header(paths[0])
    assert not any("Doe" in text for text in (header.modality, header.description, header.series_uid))


def test_texts_that_would_garble_a_terminal_are_not_shown(tmp_path: Path) -> None:
    def garble(data: pydicom.Dataset, _: int) -> None:
        _set_raw(data, "SeriesDescription", b"\x1b[2J")
        _set_raw(data, "Modality", b"X" * 1000)

    write_series(tmp_path, change=garble)
    assert refused(tmp_path, "input.not_ct").sentence == "The series is of unknown kind, not CT."


def test_damaged_values_are_not_quoted(tmp_path: Path) -> None:
    """pydicom's warnings quote them, and they may be the patient's."""

    def damage(data: pydicom.Dataset, _: int) -> None:
        data.SpecificCharacterSet = "ISO_IR 100"
        _set_raw(data, "InstanceNumber", PATIENT.encode())

    for path in write_series(tmp_path, change=damage):
        content = path.read_bytes()
        path.write_bytes(content.replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2\0\0\0"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_array_equal(read_study(tmp_path).voxels, body())
