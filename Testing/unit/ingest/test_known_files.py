"""DICOM files are taken for a volume's own only where they are."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from OrganSegLib.ingest import read_study
from OrganSegLib.ingest.known_files import source_of
from OrganSegLib.phantom import make_phantom, write_dicom_series
from OrganSegLib.volume import Grid, Scan


@pytest.fixture(scope="module")
def scan() -> Scan:
    turned = (0.96, 0.28, 0.0, -0.28, 0.96, 0.0, 0.0, 0.0, 1.0)
    grid = Grid((20, 24, 12), (14.0, 12.0, 20.0), (-140.0, -150.0, 40.0), turned)
    return make_phantom(seed=5, grid=grid)[0]


@pytest.fixture
def files(scan: Scan, tmp_path: Path) -> list[Path]:
    found = [path for path in write_dicom_series(scan, tmp_path / "series").rglob("*") if path.is_file()]
    return sorted(found, key=lambda path: path.name[::-1])  # in no useful order


def test_own_files_come_in_the_order_of_the_slices(scan: Scan, files: list[Path]) -> None:
    source = source_of(files, scan.grid)
    assert source is not None
    read = read_study(files[0].parent).source
    assert (source.files, source.series_uid, source.format) == (read.files, read.series_uid, "DICOM")


@pytest.mark.parametrize(
    "change",
    [
        {"origin_mm": (-140.0, -149.0, 40.0)},
        {"spacing_mm": (14.0, 12.0, 20.5)},
        {"size": (20, 24, 11)},
        {"direction": (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)},
    ],
)
def test_a_volume_that_was_changed_has_none(
    scan: Scan, files: list[Path], change: dict[str, tuple[float, ...]]
) -> None:
    assert source_of(files, replace(scan.grid, **change)) is None


def test_lost_and_damaged_files_are_nobodys(scan: Scan, files: list[Path], tmp_path: Path) -> None:
    assert source_of(files[1:], scan.grid) is None
    assert source_of([*files, tmp_path / "gone.dcm"], scan.grid) is None
    assert source_of([tmp_path / "gone.dcm"], scan.grid) is None
