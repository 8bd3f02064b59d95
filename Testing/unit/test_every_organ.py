"""Every organ of the catalogue at once, as the largest public models find them: measured, judged, written."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from OrganSegLib.export import write_results
from OrganSegLib.label_files import read_labels_json
from OrganSegLib.organs import catalogue
from OrganSegLib.pipeline import Segmentation
from OrganSegLib.results import read_results

from Testing.unit.shapes import every_organ


@pytest.fixture(scope="module")
def found() -> Segmentation:
    return Segmentation.of(*every_organ(), run={"model": "all", "notes": []})


def test_all_are_measured_and_judged(found: Segmentation) -> None:
    assert [organ.name for organ in found.measurements] == list(catalogue())
    assert {organ.voxels for organ in found.measurements} == {27}
    assert [trust.name for trust in found.trust] == list(catalogue())
    assert len(found.surfaces) == len(catalogue())


def test_all_are_written_and_read_back(found: Segmentation, tmp_path: Path) -> None:
    files = write_results(tmp_path, found, picture=False, formats=["page", "obj"])
    assert read_labels_json(files["labels.json"]) == found.labelmap.organs
    labelmap, _ = read_results(tmp_path)
    assert np.array_equal(labelmap.voxels, found.labelmap.voxels)
    assert {path.stem for path in files["surfaces"].iterdir()} == set(catalogue())
    facts = json.loads(files["measurements.json"].read_text(encoding="utf-8"))
    assert [organ["name"] for organ in facts["organs"]] == list(catalogue())
    page, objects = ((tmp_path / name).read_text(encoding="utf-8") for name in ("organs.html", "organs.obj"))
    assert all(organ.title in page for organ in catalogue().values())
    assert all(f"o {organ.name}\n" in objects for organ in catalogue().values())
