"""Studies that cannot be used: each has its own code and a sentence that helps."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pydicom
import pytest
from OrganSegLib.ingest import read_study

from Testing.unit.ingest.tiny_ct import (
    along_z,
    body,
    codes,
    real,
    refused,
    write_enhanced,
    write_series,
)


def setting(**values: object) -> object:
    """A change of each slice: sets attributes, and removes those set to None."""

    def change(data: pydicom.Dataset, _: int) -> None:
        for keyword, value in values.items():
            if value is None:
                delattr(data, keyword)
            else:
                setattr(data, keyword, value)

    return change


def colour(data: pydicom.Dataset, _: int) -> None:
    data.SamplesPerPixel, data.PhotometricInterpretation, data.PlanarConfiguration = 3, "RGB", 0
    data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = 8, 8, 7, 0
    data.PixelData = bytes(data.Rows * data.Columns * 3)


@pytest.mark.parametrize(
    ("change", "code", "word"),
    [
        (setting(Modality="MR"), "input.not_ct", "magnetic resonance"),
        (setting(Modality="PT"), "input.not_ct", "PET"),
        (setting(Modality="XX"), "input.not_ct", "XX"),
        (setting(Modality=None), "input.not_ct", "unknown"),
        (setting(ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"]), "input.scout", "scout"),
        (colour, "input.rgb", "colour"),
        (setting(Rows=0), "input.no_pixels", "no image"),
        (setting(Columns=2), "input.no_pixels", "24 x 2"),
        (setting(PhotometricInterpretation="PALETTE COLOR"), "input.rgb", "colour"),
        (setting(PixelSpacing=None), "input.no_spacing", "how large"),
        (setting(PixelSpacing=[0, 0]), "input.no_spacing", "how large"),
        (setting(PixelSpacing=[1e-6, 1.5]), "input.implausible_extent", "2.4e-05 x 48 mm"),
        (setting(PixelSpacing=[150, 150]), "input.implausible_extent", "3600 x 4800 mm"),
        (setting(ImagePositionPatient=None), "input.no_position", "where"),
        (setting(ImageOrientationPatient=None), "input.no_position", "where"),
        (setting(ImageOrientationPatient=[1, 0, 0, 1, 0, 0]), "input.no_position", "where"),
        (setting(ImageOrientationPatient=[1e200, 0, 0, 0, 1e200, 0]), "input.no_position", "where"),
        (setting(RescaleType="MGML"), "input.not_hu", "MGML"),
        (setting(RescaleIntercept=0), "input.not_hu", "Hounsfield"),
        (setting(PixelData=None), "input.unreadable", "damaged"),
    ],
)
def test_series_that_is_no_usable_ct(tmp_path: Path, change: object, code: str, word: str) -> None:
    write_series(tmp_path, change=change)
    assert word in refused(tmp_path, code).sentence


def test_real_mr_is_refused() -> None:
    assert "magnetic resonance" in refused(real("dicom/mr_t2_pelvis"), "input.not_ct").sentence


@pytest.mark.parametrize(
    ("name", "code"),
    [("no-pixel-data.dcm", "input.not_ct"), ("no-pixel-spacing.dcm", "input.not_ct")],
)
def test_real_files_that_are_no_ct(tmp_path: Path, name: str, code: str) -> None:
    source = real("dicom/transfer_syntaxes") / name
    (tmp_path / name).write_bytes(source.read_bytes())
    refused(tmp_path, code)


def test_too_few_slices(tmp_path: Path) -> None:
    write_series(tmp_path, body(7))
    assert "7 slices" in refused(tmp_path, "input.too_few_slices").sentence


def test_too_few_slices_after_doubles_are_dropped(tmp_path: Path) -> None:
    for copy in "ab":
        hu = body(5)
        write_series(tmp_path / copy, hu, change=setting(SeriesInstanceUID="1.2.3"))
    assert "5 slices" in refused(tmp_path, "input.too_few_slices").sentence


def test_truncated_file_is_refused_and_its_place_told(tmp_path: Path) -> None:
    path = write_series(tmp_path)[4]
    path.write_bytes(path.read_bytes()[:-500])
    assert "108.0" in refused(tmp_path, "input.unreadable").sentence


def test_truncated_compressed_file_is_refused(tmp_path: Path) -> None:
    lowest = sorted(real("dicom/ts_reference_2").iterdir())[-8:]
    for file in lowest:
        (tmp_path / file.name).write_bytes(file.read_bytes())
    path = tmp_path / lowest[-1].name
    path.write_bytes(path.read_bytes()[:20_000])
    refused(tmp_path, "input.unreadable")


@pytest.mark.parametrize("stated", [{"Rows": 30}, {"Rows": 16}, {"Columns": 31}, {"BitsAllocated": 8}])
def test_image_of_another_size_than_stated_is_refused(tmp_path: Path, stated: dict[str, int]) -> None:
    write_series(tmp_path, change=setting(**stated))
    refused(tmp_path, "input.unreadable")


def test_unreadable_headers_are_counted_and_told(tmp_path: Path) -> None:
    write_series(tmp_path)
    (tmp_path / "cut.dcm").write_bytes(bytes(128) + b"DICM\x02\x00")
    # The file's beginning cannot be read at all: as with a scratched disc.
    (tmp_path / "scratched.dcm").symlink_to("/proc/self/mem")
    scan = read_study(tmp_path)
    assert codes(scan.notes) == ["input.unreadable_files"]
    assert scan.notes[0].sentence.startswith("2 files")


@pytest.mark.parametrize("left", [b"", b"\x00\x00\x00\x00"])
def test_a_slice_of_which_nothing_is_left_is_told(left: bytes, tmp_path: Path) -> None:
    first, *others = write_series(tmp_path)
    first.write_bytes(left)
    (tmp_path / "._extra.dcm").write_bytes(b"\x00\x05\x16\x07")  # of macOS
    scan = read_study(tmp_path)
    assert len(scan.voxels) == len(others)
    (note,) = scan.notes
    assert note.code == "input.unreadable_files"
    assert note.sentence.startswith("1 file ")


def test_nothing_but_unreadable_headers(tmp_path: Path) -> None:
    (tmp_path / "cut.dcm").write_bytes(bytes(128) + b"DICM")
    refused(tmp_path, "input.unreadable")
    refused(tmp_path / "cut.dcm", "input.unreadable")


def test_time_series_is_refused(tmp_path: Path) -> None:
    def moment(data: pydicom.Dataset, n: int) -> None:
        data.TemporalPositionIdentifier = n // 10 + 1

    write_series(tmp_path / "single", body(30), 3 * along_z(10), moment)
    assert "3 volumes" in refused(tmp_path / "single", "input.four_d").sentence
    path = write_enhanced(tmp_path / "multi.dcm", body(20), moments=[1, 2] * 10)
    assert "2 volumes" in refused(path, "input.four_d").sentence


def test_unknown_series_uid_lists_those_there_are(tmp_path: Path) -> None:
    write_series(tmp_path)
    assert "12 slices" in refused(tmp_path, "input.no_such_series", series="1.2.3").next_step


def test_scan_that_fails_by_a_detail_is_explained_before_the_report_beside_it(tmp_path: Path) -> None:
    write_series(tmp_path / "ct", body(5))
    write_series(tmp_path / "mr", body(20), change=setting(Modality="MR"))
    refused(tmp_path, "input.too_few_slices")


def test_more_voxels_than_memory(tmp_path: Path) -> None:
    """A series that claims 65535 x 65535 pixels: refused before any pixel is read."""
    write_series(tmp_path, change=setting(Rows=65535, Columns=65535, PixelSpacing=[0.04, 0.04]))
    assert "GB" in refused(tmp_path, "input.too_large").sentence


def test_missing_path(tmp_path: Path) -> None:
    refused(tmp_path / "nowhere", "input.not_found")
    refused(tmp_path / ("x" * 300), "input.not_found")


def test_empty_things(tmp_path: Path) -> None:
    refused(tmp_path, "input.empty_folder")
    (tmp_path / "empty.nii").touch()
    refused(tmp_path / "empty.nii", "input.empty_file")


def test_folder_without_dicom(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing here")
    assert "1 files" in refused(tmp_path, "input.no_dicom").sentence
    refused(tmp_path / "notes.txt", "input.unsupported")


def test_pipe_and_device_are_never_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    refused(tmp_path / "pipe", "input.not_a_file")
    refused(Path("/dev/zero"), "input.not_a_file")
    write_series(tmp_path)
    assert read_study(tmp_path).grid.size[2] == 12


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_folder_without_permission(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0)
    refused(closed, "input.no_permission")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_file_in_a_folder_that_may_not_be_listed(tmp_path: Path) -> None:
    paths = write_series(tmp_path / "closed")
    (tmp_path / "closed").chmod(0o100)
    refused(paths[0], "input.no_permission")
    (tmp_path / "closed").chmod(0o700)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
@pytest.mark.parametrize("mode", [0o000, 0o400])
def test_closed_folder_inside_the_study_is_told(tmp_path: Path, mode: int) -> None:
    write_series(tmp_path / "open")
    write_series(tmp_path / "closed", body(20))
    (tmp_path / "closed").chmod(mode)
    scan = read_study(tmp_path)
    (tmp_path / "closed").chmod(0o700)
    assert codes(scan.notes) == ["input.closed_folders"]
    assert scan.grid.size[2] == 12


def test_different_slices_at_one_place(tmp_path: Path) -> None:
    places = along_z(12)
    places[5] = places[4]
    write_series(tmp_path, body(), places)
    assert "108.0" in refused(tmp_path, "input.duplicate_slices").sentence


def test_wide_gap_is_refused_and_its_place_told(tmp_path: Path) -> None:
    places = [place for place in along_z(30) if not 120 <= place[2] <= 132]
    write_series(tmp_path, body(len(places)), places)
    assert "118.0 and 134.0" in refused(tmp_path, "input.missing_slices").sentence


def test_slices_flung_far_apart_do_not_fill_the_memory(tmp_path: Path) -> None:
    places = along_z(12)
    places[6] = (9e4, 9e4, places[6][2])
    write_series(tmp_path, body(), places)
    refused(tmp_path, "input.too_large")
    places[6] = (1e9, 0.0, places[6][2])
    write_series(tmp_path, body(), places)
    assert "1e+06 m away" in refused(tmp_path, "input.implausible_place").sentence


def test_flat_histogram_is_refused(tmp_path: Path) -> None:
    for name, value in (("air", -1000), ("water", 0)):
        write_series(tmp_path / name, np.full((10, 8, 8), value, np.int16))
        refused(tmp_path / name, "input.not_hu")
