"""The format ``measurements``: four files that agree with what is measured."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from OrganSegLib.formats import FORMATS, Choices
from OrganSegLib.further_measurements import COLUMNS, FurtherMeasurements
from OrganSegLib.phantom import make_phantom
from OrganSegLib.pipeline import Segmentation
from OrganSegLib.volume import Labelmap, Scan

from Testing.unit.shapes import two_organs

FILES = ["shape.csv", "shape.json", "cross_sections.csv", "cross_sections.png"]


@pytest.fixture(scope="module")
def phantom() -> Segmentation:
    return Segmentation.of(*make_phantom(1, (5.0, 5.0, 6.0), contrast="native"))


@pytest.fixture(scope="module")
def written(phantom: Segmentation, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("measurements")
    assert FORMATS["measurements"].write(phantom, folder, Choices()) == FILES
    return folder


def _rows(path: Path) -> dict[str, dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return {row["name"]: row for row in csv.DictReader(file)}


def test_the_files_are_those_that_the_registry_names(written: Path) -> None:
    assert tuple(FILES) == FORMATS["measurements"].files
    assert sorted(path.name for path in written.iterdir()) == sorted(FILES)


def test_the_table_has_a_row_per_organ_with_what_was_measured(written: Path, phantom: Segmentation) -> None:
    rows = _rows(written / "shape.csv")
    measured = FurtherMeasurements.of(phantom)
    assert list(rows) == [organ.name for organ in phantom.measurements]
    assert tuple(rows["liver"]) == COLUMNS
    for shape in measured.shapes:
        row, section = rows[shape.name], measured.section(shape.label)
        assert shape.extents_mm is not None
        assert section is not None
        assert float(row["max_diameter_mm"]) == pytest.approx(shape.max_diameter_mm, abs=0.006)
        extents = [float(row[f"{which}_extent_mm"]) for which in ("longest", "middle", "shortest")]
        assert extents == pytest.approx(shape.extents_mm, abs=0.006)
        assert float(row["section_mean_mm2"]) == pytest.approx(section.mean_mm2, abs=0.006)
    volumes = {organ.name: organ.volume_ml for organ in phantom.measurements}
    ratio = volumes["kidney_left"] / volumes["kidney_right"]
    assert float(rows["kidney_left"]["left_right_ratio"]) == pytest.approx(ratio, abs=6e-4)
    assert rows["kidney_right"]["left_right_ratio"] == rows["kidney_left"]["left_right_ratio"]
    assert rows["liver"]["left_right_ratio"] == rows["spleen"]["fat_percent"] == ""


def test_a_liver_without_contrast_has_a_fat_fraction(written: Path, phantom: Segmentation) -> None:
    liver = next(organ for organ in phantom.measurements if organ.name == "liver")
    assert liver.median_hu is not None
    percent = max(0.0, 38.2 - 0.58 * liver.median_hu)
    assert float(_rows(written / "shape.csv")["liver"]["fat_percent"]) == pytest.approx(percent, abs=0.06)
    facts = json.loads((written / "shape.json").read_text(encoding="utf-8"))
    assert facts["liver_fat"]["percent"] == pytest.approx(percent, abs=0.06)


def test_json_holds_axes_definitions_and_the_notice(written: Path) -> None:
    facts = json.loads((written / "shape.json").read_text(encoding="utf-8"))
    assert facts["notice"] == "Research software, not a medical device."
    assert "Maximum3DDiameter" in facts["definitions"]["max_diameter_mm"]
    liver = next(organ for organ in facts["organs"] if organ["name"] == "liver")
    axes = np.array(liver["extent_axes"])
    assert axes @ axes.T == pytest.approx(np.eye(3), abs=1e-4)
    assert [pair["name"] for pair in facts["side_ratios"]] == ["kidney", "adrenal_gland", "lung"]


def test_sections_add_up_to_the_volume(written: Path, phantom: Segmentation) -> None:
    volumes: dict[str, float] = {}
    with (written / "cross_sections.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            volumes[row["name"]] = volumes.get(row["name"], 0.0) + float(row["area_mm2"]) * 6.0 / 1000
    assert volumes == pytest.approx({organ.name: organ.volume_ml for organ in phantom.measurements}, rel=1e-3)


def test_the_picture_shows_ink_on_white(written: Path) -> None:
    picture = sitk.GetArrayFromImage(sitk.ReadImage(str(written / "cross_sections.png")))
    assert picture.shape[1] == 1350
    assert (picture[0, 0, :3] == 255).all()
    assert (picture[..., :3].max(axis=-1) < 64).mean() > 0.001


@pytest.mark.parametrize("dtype", [np.int16, np.float32])
def test_organs_that_are_not_there_leave_empty_cells(tmp_path: Path, dtype: type) -> None:
    scan, labelmap = two_organs("oblique")
    found = Segmentation.of(Scan(scan.voxels.astype(dtype), scan.grid), labelmap)
    FORMATS["measurements"].write(replace(found, surfaces={}), tmp_path, Choices())
    rows = _rows(tmp_path / "shape.csv")
    assert set(rows["spleen"].values()) == {"spleen", "3", ""}
    facts = json.loads((tmp_path / "shape.json").read_text(encoding="utf-8"))
    assert facts["organs"][2]["cross_sections"] is None
    assert facts["liver_fat"]["percent"] is None
    assert "no large vessel" in facts["liver_fat"]["remark"]


def test_an_empty_labelmap_can_be_written(tmp_path: Path) -> None:
    scan, labelmap = two_organs()
    empty = Labelmap(np.zeros_like(labelmap.voxels), labelmap.grid, {})
    FORMATS["measurements"].write(Segmentation.of(scan, empty), tmp_path, Choices())
    assert _rows(tmp_path / "shape.csv") == {}
    assert json.loads((tmp_path / "shape.json").read_text(encoding="utf-8"))["liver_fat"] is None
