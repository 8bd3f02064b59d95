import csv
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from OrganSegLib.errors import InputError, OutputError
from OrganSegLib.proximity import (
    Proximity,
    Target,
    measure_proximity,
    read_proximity,
    write_proximity,
)

from Testing.unit.shapes import two_organs


@pytest.fixture(scope="module")
def found() -> Proximity:
    _, labelmap = two_organs("oblique")
    return measure_proximity(labelmap, Target.of_organ(labelmap, "kidney_left"), (5, 12.5))


def test_what_is_written_is_read_again(found: Proximity, tmp_path: Path) -> None:
    assert read_proximity(tmp_path) is None
    write_proximity(tmp_path, found)
    read = read_proximity(tmp_path)
    assert (read.target, read.margins_mm) == (found.target, found.margins_mm)
    liver, spleen, aorta = read.organs
    assert (spleen, aorta) == found.organs[1:]
    exact = found.organs[0]
    assert (liver.name, liver.status, liver.margins[0].leaves) == (exact.name, exact.status, None)
    assert liver.distance_mm == pytest.approx(exact.distance_mm, abs=0.005)
    assert liver.on_organ == pytest.approx(exact.on_organ, abs=0.005)
    assert liver.margins[1].remaining_ml == pytest.approx(exact.margins[1].remaining_ml, abs=0.0005)
    write_proximity(tmp_path, read)
    assert read_proximity(tmp_path) == read


def test_csv_has_a_row_per_organ_nearest_first(found: Proximity, tmp_path: Path) -> None:
    write_proximity(tmp_path, found)
    with (tmp_path / "proximity.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["name"] for row in rows] == ["liver", "spleen", "aorta"]
    assert {row["target"] for row in rows} == {"kidney_left"}
    assert float(rows[0]["distance_mm"]) == pytest.approx(found.organs[0].distance_mm, abs=0.005)
    assert float(rows[0]["remaining_ml_12.5mm"]) > 0
    assert rows[0]["on_organ_l_mm"]
    assert rows[1]["distance_mm"] == rows[1]["inside_ml_5mm"] == ""
    assert json.loads((tmp_path / "proximity.json").read_text())["notice"]


def test_a_new_table_replaces_the_old_one(found: Proximity, tmp_path: Path) -> None:
    write_proximity(tmp_path, found)
    write_proximity(tmp_path, replace(found, target="tumour"))
    assert read_proximity(tmp_path).target == "tumour"
    assert (tmp_path / "proximity.csv").read_text().count("tumour") == 3


@pytest.mark.parametrize("text", ["", "[]", '{"target": "x"}', '{"organs": [{}]}'])
def test_a_damaged_table_is_named(text: str, tmp_path: Path) -> None:
    (tmp_path / "proximity.json").write_text(text)
    with pytest.raises(InputError) as error:
        read_proximity(tmp_path)
    assert error.value.code == "input.damaged_proximity"


@pytest.mark.parametrize(
    ("key", "value"), [("target_ml", None), ("margins_mm", "5"), ("organs", {"0": 1}), ("target", ["x"])]
)
def test_a_table_edited_by_hand_is_named(found: Proximity, key: str, value: Any, tmp_path: Path) -> None:
    write_proximity(tmp_path, found)
    path = tmp_path / "proximity.json"
    path.write_text(json.dumps({**json.loads(path.read_text(encoding="utf-8")), key: value}))
    with pytest.raises(InputError) as error:
        read_proximity(tmp_path)
    assert error.value.code == "input.damaged_proximity"


def test_a_folder_that_cannot_be_written(found: Proximity, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError) as error:
        write_proximity(tmp_path / "file", found)
    assert error.value.code == "output.not_writable"
