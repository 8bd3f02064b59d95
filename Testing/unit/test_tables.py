"""Measurements as CSV and JSON."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from OrganSegLib.measure import OrganMeasurements, measure
from OrganSegLib.quality import ABSENT, OrganTrust
from OrganSegLib.tables import write_csv, write_json

from Testing.unit.shapes import two_organs

COLUMNS = [
    *("name", "label", "status", "voxels", "volume_ml", "mean_hu", "sd_hu", "median_hu", "min_hu", "max_hu"),
    *("p5_hu", "p25_hu", "p75_hu", "p95_hu"),
    *(
        "surface_area_mm2",
        "truncated",
        "l_min_mm",
        "l_max_mm",
        "p_min_mm",
        "p_max_mm",
        "s_min_mm",
        "s_max_mm",
    ),
    *("centroid_l_mm", "centroid_p_mm", "centroid_s_mm", "flags", "remarks"),
]


@pytest.fixture
def measurements() -> list[OrganMeasurements]:
    return measure(*two_organs())


def _trust(measurements: list[OrganMeasurements]) -> list[OrganTrust]:
    flags = {"absent": (ABSENT,), "found": ()}
    return [OrganTrust(organ.name, organ.label, flags[organ.status]) for organ in measurements]


def test_csv_has_a_row_per_organ(measurements: list[OrganMeasurements], tmp_path: Path) -> None:
    write_csv(tmp_path / "a.csv", measurements, _trust(measurements))
    with (tmp_path / "a.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == COLUMNS
    assert [row["name"] for row in rows] == ["liver", "kidney_left", "spleen", "aorta"]
    liver, absent = rows[0], rows[2]
    assert float(liver["volume_ml"]) == pytest.approx(measurements[0].volume_ml, abs=5e-4)
    assert float(liver["centroid_s_mm"]) == pytest.approx(300.0, abs=0.01)
    assert float(liver["l_min_mm"]) < -8.0 < float(liver["l_max_mm"])
    assert (liver["flags"], absent["flags"], absent["remarks"]) == ("", "absent", ABSENT.sentence)
    assert (absent["status"], absent["voxels"], absent["mean_hu"], absent["l_min_mm"]) == (
        "absent",
        "0",
        "",
        "",
    )


def test_csv_without_organs_is_a_header(tmp_path: Path) -> None:
    write_csv(tmp_path / "a.csv", [], [])
    assert (tmp_path / "a.csv").read_text(encoding="utf-8").strip().split(",") == COLUMNS


def test_json_tells_the_run_and_carries_the_notice(
    measurements: list[OrganMeasurements], tmp_path: Path
) -> None:
    write_json(tmp_path / "a.json", measurements, _trust(measurements), {"model": "tiny"})
    content = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))
    assert content["notice"] == "Research software, not a medical device."
    assert content["run"] == {"model": "tiny"}
    kidney = content["organs"][1]
    assert kidney["name"] == "kidney_left"
    assert kidney["volume_ml"] == pytest.approx(measurements[1].volume_ml, abs=5e-4)
    assert len(kidney["bounds_mm"][0]) == len(kidney["centroid_mm"]) == 3
    assert content["organs"][2]["mean_hu"] is None
