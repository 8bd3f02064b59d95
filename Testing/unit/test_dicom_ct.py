"""CT series: valid DICOM that says what is known and leaves the rest empty."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from OrganSegLib.dicom_ct import write_dicom_series
from OrganSegLib.ingest import read_study
from OrganSegLib.phantom import write_dicom_series as write_phantom
from OrganSegLib.volume import Scan

from Testing.unit.dicom_studies import PATIENT, complaints, headers
from Testing.unit.shapes import DIRECTIONS, two_organs


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_dciodvfy_finds_no_error_whatever_is_known(direction: str, tmp_path: Path) -> None:
    scan, _ = two_organs(direction)
    unknown = write_dicom_series(scan, tmp_path / "unknown")
    known = write_dicom_series(scan, tmp_path / "known", PATIENT)
    phantom = write_phantom(scan, tmp_path / "phantom")
    assert [
        complaint for folder in (unknown, known, phantom) for complaint in complaints(folder / "0003.dcm")
    ] == []


def test_nobody_is_made_up(tmp_path: Path) -> None:
    first = headers(write_dicom_series(two_organs()[0], tmp_path / "series"))[0]
    for keyword in ("PatientName", "PatientID", "PatientSex", "StudyDate", "KVP"):
        assert not first[keyword].value


def test_values_between_whole_hounsfield_units_are_rounded(tmp_path: Path) -> None:
    scan, _ = two_organs()
    fine = Scan(np.clip(scan.voxels, -1000, None).astype(np.float32) + np.float32(0.4), scan.grid)
    again = read_study(write_dicom_series(fine, tmp_path / "series"))
    assert np.array_equal(again.voxels, np.clip(scan.voxels, -1000, None))


def test_images_of_one_series_are_numbered_from_it(tmp_path: Path) -> None:
    """The same series again has the same images; another has none in common."""
    scan, _ = two_organs()
    folders = [
        write_dicom_series(scan, tmp_path / name, {"SeriesInstanceUID": uid})
        for name, uid in (("a", "1.2.3"), ("b", "1.2.3"), ("c", "1.2.4"))
    ]
    first, same, other = ([image.SOPInstanceUID for image in headers(folder)] for folder in folders)
    assert first == same
    assert not set(first) & set(other)
    moved = replace(scan, grid=replace(scan.grid, origin_mm=(1.0, 2.0, 3.0)))
    assert headers(write_dicom_series(moved, tmp_path / "d"))[0].SOPInstanceUID not in first
