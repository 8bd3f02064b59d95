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
from OrganSegLib.volume import Grid, Labelmap, Scan

SIDE, APART = 3, 4  # voxels of each organ, and from one to the next
ORGANS = dict(enumerate(catalogue().values(), 1))


@pytest.fixture(scope="module")
def found() -> Segmentation:
    """Each organ as a small cube in soft tissue."""
    edge = int(np.ceil(len(ORGANS) ** (1 / 3)))
    grid = Grid((edge * APART,) * 3, (4.0, 4.0, 4.0))
    voxels = np.zeros(grid.shape, np.uint8)
    for label in ORGANS:
        k, j, i = np.multiply(np.unravel_index(label - 1, (edge,) * 3), APART)
        voxels[k : k + SIDE, j : j + SIDE, i : i + SIDE] = label
    scan = Scan(np.full(grid.shape, 50, np.int16), grid)
    return Segmentation.of(scan, Labelmap(voxels, grid, ORGANS), run={"model": "all", "notes": []})


def test_all_are_measured_and_judged(found: Segmentation) -> None:
    assert [organ.name for organ in found.measurements] == list(catalogue())
    assert {organ.voxels for organ in found.measurements} == {SIDE**3}
    assert [trust.name for trust in found.trust] == list(catalogue())
    assert len(found.surfaces) == len(ORGANS)


def test_all_are_written_and_read_back(found: Segmentation, tmp_path: Path) -> None:
    files = write_results(tmp_path, found, picture=False, formats=["page", "obj"])
    assert read_labels_json(files["labels.json"]) == ORGANS
    labelmap, _ = read_results(tmp_path)
    assert np.array_equal(labelmap.voxels, found.labelmap.voxels)
    assert {path.stem for path in files["surfaces"].iterdir()} == set(catalogue())
    facts = json.loads(files["measurements.json"].read_text(encoding="utf-8"))
    assert [organ["name"] for organ in facts["organs"]] == list(catalogue())
    page, objects = ((tmp_path / name).read_text(encoding="utf-8") for name in ("organs.html", "organs.obj"))
    assert all(organ.title in page for organ in ORGANS.values())
    assert all(f"o {organ.name}\n" in objects for organ in ORGANS.values())
