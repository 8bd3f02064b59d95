"""Changed scans show the same person, and agreement is counted where it should be."""

from __future__ import annotations

import csv
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from organseg_training import consistency
from organseg_training.consistency import Agreement, as_markdown, changes, measure_consistency
from organseg_training.predict import open_model
from OrganSegLib.organs import organ_named
from OrganSegLib.phantom import make_phantom
from OrganSegLib.phantom.files import write_image
from OrganSegLib.volume import Labelmap

ORGANS = {1: organ_named("liver")}


def test_each_change_shows_the_same_person_and_is_undone() -> None:
    """A rule that sees only HU finds the same voxels, wherever and however they are stored."""
    scan, _ = make_phantom(3, (4.0, 4.0, 5.0), "abdomen")
    dense = scan.voxels > -300
    names = []
    for change in changes(scan):
        names.append(change.name)
        shown = (change.scan.voxels > -300).astype(np.uint8)
        back = change.back(Labelmap(shown, change.scan.grid, ORGANS)) > 0
        one, other = dense[change.compared], back[change.compared]
        dice = 2 * (one & other).sum() / (one.sum() + other.sum())
        assert dice > 0.95, change.name
        left = np.argwhere(one).mean(0) - np.argwhere(other).mean(0)
        assert np.abs(left).max() < 0.5, change.name
        right_handed = np.linalg.det(np.reshape(change.scan.grid.direction, (3, 3)))
        assert abs(right_handed) == pytest.approx(1)
    assert names == ["noise", "stored backwards", "turned", "1.5 mm", "3 mm", "5 mm", "shortened"]


def test_the_table_shows_the_median_and_the_lowest() -> None:
    rows = [
        *(Agreement(f"s{n}", "turned", "liver", dice) for n, dice in enumerate((0.9, 0.8, 0.97))),
        Agreement("s0", "turned", "spleen", None),
    ]
    table = as_markdown(rows)
    assert "| liver | 0.900 (0.800) |" in table
    assert "spleen" not in table


def test_files_are_written_for_every_study(people_run: Path, tmp_path: Path) -> None:
    scan, _ = make_phantom(3, (8.0, 8.0, 12.0), "abdomen")
    study = write_image(scan, tmp_path / "ct.nii.gz")
    rows = measure_consistency(open_model(people_run), [study], tmp_path / "out")
    with (tmp_path / "out" / "consistency.csv").open(newline="") as file:
        written = list(csv.DictReader(file))
    assert len(written) == len(rows) == (7 + 3) * 4
    assert {row["organ"] for row in written} == {"liver", "spleen", "kidney_left", "kidney_right"}


def test_beside_another_spacing_stands_what_its_grid_loses(
    people_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A model that finds the same organ at every spacing loses no more than each grid does."""
    scan, _ = make_phantom(3, (8.0, 8.0, 8.0), "abdomen")
    study = write_image(scan, tmp_path / "ct.nii.gz")

    def found(scan, *_):
        return SimpleNamespace(labelmap=Labelmap((scan.voxels > -300).astype(np.uint8), scan.grid, ORGANS))

    monkeypatch.setattr(consistency, "segment", found)
    monkeypatch.setattr(consistency, "SPACINGS_MM", (8.0, 12.0))
    rows = measure_consistency(open_model(people_run), [study], tmp_path)
    dice = {row.change: row.dice for row in rows}
    assert {name for name in dice if "alone" in name} == {"8 mm, grid alone", "12 mm, grid alone"}
    assert 0.9 < dice["12 mm, grid alone"] < dice["8 mm, grid alone"] == dice["8 mm"] == 1
    assert dice["12 mm"] == pytest.approx(dice["12 mm, grid alone"], abs=0.02)
