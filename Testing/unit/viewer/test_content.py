"""What the page says, from a run at hand and from a folder whose study is gone."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
from OrganSegLib.errors import InputError, OutputError
from OrganSegLib.export import write_results
from OrganSegLib.formats import FORMATS, Choices
from OrganSegLib.pipeline import Segmentation
from OrganSegLib.viewer import NAME, current_file
from OrganSegLib.viewer.content import Content
from OrganSegLib.viewer.page import page_of

from Testing.unit.shapes import two_organs


@pytest.fixture(scope="module")
def found() -> Segmentation:
    return Segmentation.of(*two_organs(), run={"notes": []})


@pytest.fixture
def results(found: Segmentation, tmp_path: Path) -> Path:
    write_results(tmp_path / "é", found, picture=False)
    return tmp_path / "é"


def test_organs_that_were_found_come_first_with_volume_and_flags(found: Segmentation) -> None:
    content = Content.of(found)
    assert [shown.organ.name for shown in content.organs] == ["liver", "kidney_left", "spleen", "aorta"]
    assert [shown.volume for shown in content.organs][2:] == ["not found", "not found"]
    assert content.organs[0].volume == f"{found.measurements[0].volume_ml:,.0f} ml"
    assert [shown.trust for shown in content.organs] == found.trust
    assert [shown.surface is None for shown in content.organs] == [False, False, True, True]


def test_surfaces_are_made_where_the_run_made_none(found: Segmentation) -> None:
    bare = Content.of(replace(found, surfaces={}))
    assert page_of(bare) == page_of(Content.of(found))


def test_a_result_folder_says_the_same_without_its_study(found: Segmentation, results: Path) -> None:
    assert page_of(Content.read(results)) == page_of(Content.of(found))


@pytest.mark.parametrize("name", ["segmentation.nii.gz", "labels.json", "measurements.json"])
def test_a_folder_without_results_is_named(results: Path, name: str) -> None:
    (results / name).unlink()
    with pytest.raises(InputError) as caught:
        Content.read(results)
    assert caught.value.code == "input.no_results"
    assert str(results) in caught.value.sentence


@pytest.mark.parametrize("part", ["organs", "run"])
def test_measurements_that_lack_a_part_are_no_results(results: Path, part: str) -> None:
    path = results / "measurements.json"
    facts = json.loads(path.read_text(encoding="utf-8"))
    del facts[part]
    path.write_text(json.dumps(facts), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        Content.read(results)
    assert caught.value.code == "input.no_results"


def test_the_format_writes_one_file(found: Segmentation, tmp_path: Path) -> None:
    assert FORMATS["page"].write(found, tmp_path, Choices()) == [NAME]
    assert [path.name for path in tmp_path.iterdir()] == list(FORMATS["page"].files)
    assert (tmp_path / NAME).stat().st_size < 4e6


def test_a_page_of_older_labels_is_not_current(results: Path) -> None:
    assert current_file(results) is None
    (results / NAME).write_text("page", encoding="utf-8")
    assert current_file(results) == results / NAME
    written = (results / "segmentation.nii.gz").stat().st_mtime
    os.utime(results / NAME, (written - 10, written - 10))
    assert current_file(results) is None


def test_packages_that_lack_the_scripts_are_named(
    found: Segmentation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trame_vtk.modules.common.serve_path", str(tmp_path))
    with pytest.raises(OutputError) as caught:
        page_of(Content.of(found))
    assert caught.value.code == "output.page_scripts"
    assert "trame-vtk" in caught.value.next_step
