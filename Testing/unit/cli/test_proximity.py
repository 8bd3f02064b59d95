from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from OrganSegLib.export import write_results
from OrganSegLib.pipeline import Segmentation
from OrganSegLib.proximity import read_proximity
from OrganSegLib.tables import NOTICE

from Testing.unit.cli.test_commands import assert_refused, organseg
from Testing.unit.shapes import ball, two_organs

LESION = (-8.0, -20.0, 306.0)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Results without their study."""
    scan, labelmap = two_organs("oblique")
    found = Segmentation.of(scan, labelmap)
    folder = tmp_path_factory.mktemp("results")
    write_results(folder, replace(found, run={**found.run, "notes": []}), picture=False)
    return folder


def test_a_mask_file(written: Path, tmp_path: Path) -> None:
    _, labelmap = two_organs("oblique")
    mask = ball(labelmap.grid, LESION, 5.0).astype(np.uint8)
    sitk.WriteImage(labelmap.grid.image(mask), tmp_path / "lesion.nrrd")
    result = organseg(
        "proximity", written, "--target", tmp_path / "lesion.nrrd", "--margin", 3, "--margin", 8
    )
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert lines[0].startswith("Target: lesion, 0.5 ml")
    rows = [line.split() for line in lines if line.strip().startswith(("liver", "kidney_left"))]
    assert [row[0] for row in rows] == ["liver", "kidney_left", "liver"]  # no margin reaches the kidney
    assert any("tell distances to 4.0 mm" in line for line in lines)
    assert "Not found in this scan: spleen, aorta." in lines
    assert any("reach out of liver: 8 mm" in line for line in lines)
    assert lines[-1] == NOTICE
    found = read_proximity(written)
    assert (found.target, found.margins_mm) == ("lesion", (3, 8))
    assert rows[2][1] == f"{found.organs[0].margins[0].inside_ml:.1f}"
    assert found.organs[0].overlap_ml == pytest.approx(mask.sum() * labelmap.grid.voxel_ml, abs=0.001)
    assert (written / "proximity.csv").exists()


def test_an_organ_and_then_a_ball(written: Path) -> None:
    assert organseg("proximity", written, "--target", "kidney_left").exit_code == 0
    assert read_proximity(written).target == "kidney_left"
    result = organseg("proximity", written, "--target", "-8,-20,306", "--radius", 5)
    assert result.exit_code == 0, result.output
    found = read_proximity(written)
    assert (found.target, found.margins_mm) == ("-8, -20, 306", (5, 10))
    assert found.target_ml == pytest.approx(4 / 3 * np.pi * 5**3 / 1000, rel=0.01)


def test_what_cannot_be(written: Path, tmp_path: Path) -> None:
    assert_refused(organseg("proximity", tmp_path, "--target", "liver"), "input.no_results")
    for target, code in (
        ("tumour", "input.unknown_target"),
        ("spleen", "input.empty_target"),
        ("0,0,0", "input.target_outside"),
    ):
        assert_refused(organseg("proximity", written, "--target", target), code)
    assert organseg("proximity", written).exit_code == 2
    assert organseg("proximity", written, "--target", "liver", "--margin", -1).exit_code == 2
