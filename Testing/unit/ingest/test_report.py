"""`inspect_study`: what ingest sees, for people and programs."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pydicom
import pytest
import SimpleITK as sitk
from OrganSegLib.errors import InputError
from OrganSegLib.ingest import format_report, inspect_study

from Testing.unit.ingest.tiny_ct import body, write_series


def scout(data: pydicom.Dataset, _: int) -> None:
    data.ImageType = ["ORIGINAL", "PRIMARY", "LOCALIZER"]


def test_report_shows_series_geometry_and_values(tmp_path: Path) -> None:
    write_series(tmp_path / "ct")
    write_series(tmp_path / "scout", body(1), change=scout)
    report = inspect_study(tmp_path)
    assert [(one.slices, one.chosen) for one in report.series] == [(12, True), (1, False)]
    assert "scout" in report.series[1].remark
    assert report.chosen_uid == report.series[0].uid
    assert report.extent_mm == pytest.approx((40, 36, 24))
    assert report.hu_range == (body().min().clip(-1024), body().max())
    assert report.problem is None
    assert json.loads(json.dumps(dataclasses.asdict(report)))["size"] == [32, 24, 12]
    text = format_report(report)
    for part in (
        '* CT, 12 x 24 x 32 "Tiny body"',
        "Size     32 x 24 x 12 voxels",
        "Axis k   (0, 0, 1) LPS",
        " HU",
    ):
        assert part in text
    assert "Doe" not in text


def test_study_that_cannot_be_used_is_still_described(tmp_path: Path) -> None:
    write_series(tmp_path, body(5))
    report = inspect_study(tmp_path)
    assert report.problem is not None
    assert report.problem["code"] == "input.too_few_slices"
    assert report.size is None
    assert "Problem  The series has only 5 slices" in format_report(report)


def test_series_that_turns_out_bad_is_marked_as_chosen(tmp_path: Path) -> None:
    paths = write_series(tmp_path)
    paths[0].write_bytes(paths[0].read_bytes()[:-9])
    report = inspect_study(tmp_path)
    assert report.problem is not None
    assert report.problem["code"] == "input.unreadable"
    assert report.series[0].chosen


def test_notes_are_told(tmp_path: Path) -> None:
    write_series(tmp_path / "ct")
    (tmp_path / "cut.dcm").write_bytes(bytes(128) + b"DICM")
    assert "[input.unreadable_files]" in format_report(inspect_study(tmp_path))


def test_image_file_has_no_series(tmp_path: Path) -> None:
    sitk.WriteImage(sitk.GetImageFromArray(body()), str(tmp_path / "scan.nrrd"))
    report = inspect_study(tmp_path / "scan.nrrd")
    assert (report.format, report.series, report.size) == ("NRRD", (), (32, 24, 12))


def test_nothing_to_report_on(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        inspect_study(tmp_path / "nowhere")
    assert caught.value.code == "input.not_found"
