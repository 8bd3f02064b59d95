"""The scene as one file: what another process finds in it with Slicer's own libraries is what was saved."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk
from OrganSegLib.organs import catalogue
from OrganSegLib.pipeline import Segmentation
from OrganSegLib.proximity import Target, measure_proximity
from OrganSegLib.volume import Grid, Labelmap, Scan

from Testing.slicer.scene_content import described
from Testing.unit.shapes import two_organs

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def person() -> tuple[Scan, Labelmap]:
    return two_organs("oblique")


@pytest.fixture
def saved(slicer: Any, person: tuple[Scan, Labelmap], tmp_path: Path) -> tuple[Path, dict[str, Any]]:
    """A file with all that OrganSeg puts into a scene, and what was there when it was saved."""
    from OrganSegLib.errands.distances import Distances
    from OrganSegSlicer.distances.nodes import show_distances
    from OrganSegSlicer.export_section import save_scene
    from OrganSegSlicer.segmentations import show_result
    from OrganSegSlicer.spaces import FLIP, vtk_matrix

    scan, labelmap = person
    volume = slicer.util.addVolumeFromArray(scan.voxels, vtk_matrix(FLIP @ scan.grid.affine), "CT é")
    node = show_result(Segmentation.of(scan, labelmap, {}, {"notes": []}), volume)
    near = measure_proximity(labelmap, Target.of_point((10.0, -20.0, 325.0), 2.0, "Lesion"), [3.0, 9.0])
    margins = (labelmap.voxels == 2).astype(np.uint8)
    show_distances(Distances(near, margins, scan.grid), node)
    point = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLMarkupsFiducialNode", "Where to look")
    point.AddControlPointWorld(10.0, 20.0, 30.0)
    save_scene(str(tmp_path / "Scéna.mrb"))
    return tmp_path / "Scéna.mrb", described(slicer.mrmlScene)


def test_another_process_finds_all_of_it(saved: tuple[Path, dict[str, Any]]) -> None:
    file, content = saved
    command = [sys.executable, "-m", "Testing.slicer.scene_content", file]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert json.loads(ran.stdout.splitlines()[-1]) == content


def test_it_holds_what_the_panel_showed(saved: tuple[Path, dict[str, Any]]) -> None:
    content = saved[1]
    (organs,) = (one for one in content["segmentations"].values() if "liver" in one["segments"])
    liver = organs["segments"]["liver"]
    assert liver["name"] == "Liver"
    assert np.multiply(liver["colour"], 255) == pytest.approx(catalogue()["liver"].colour, abs=0.5)
    assert catalogue()["liver"].code.value in liver["terminology"]
    assert organs["references"]["OrganSeg.DistanceMargins"] == ["Margins around Lesion"]
    lines = organs["references"]["OrganSeg.DistanceLine"]
    assert len(lines) == 2
    assert all(len(content["markups"][name]["points"]) == 2 for name in lines)
    margins = content["segmentations"]["Margins around Lesion"]["segments"]
    assert [margin["name"] for margin in margins.values()] == ["Margin 3 mm", "Margin 9 mm"]


def test_its_parts_open_without_slicer(
    saved: tuple[Path, dict[str, Any]], person: tuple[Scan, Labelmap], tmp_path: Path
) -> None:
    with zipfile.ZipFile(saved[0]) as bundle:
        bundle.extractall(tmp_path / "parts")
    (volume,) = (path for path in (tmp_path / "parts").rglob("CT*.nrrd") if ".seg." not in path.name)
    (markups,) = (tmp_path / "parts").rglob("Where*.mrk.json")
    image = sitk.ReadImage(volume)
    assert np.array_equal(sitk.GetArrayFromImage(image), person[0].voxels)
    assert Grid.of(image).affine == pytest.approx(person[0].grid.affine, abs=1e-4)
    point = json.loads(markups.read_text(encoding="utf-8"))["markups"][0]
    assert (point["coordinateSystem"], point["controlPoints"][0]["position"]) == ("LPS", [-10, -20, 30])
