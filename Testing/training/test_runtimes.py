"""The CPU's runtimes are compared by what the engine finds with each of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from organseg_training import runtimes
from organseg_training.consistency import Agreement
from organseg_training.runtimes import Sameness, as_markdown
from OrganSegLib.model import load_model
from OrganSegLib.phantom import make_phantom
from OrganSegLib.phantom.files import write_image
from OrganSegLib.pipeline import Segmentation, segment


@pytest.fixture
def study(tmp_path: Path) -> Path:
    return write_image(make_phantom(3, (8.0, 8.0, 12.0), "abdomen")[0], tmp_path / "ct.nii.gz")


def test_each_way_is_asked_for_by_its_name_and_a_difference_is_counted(
    people_run: Path, study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A runtime that calls a corner of the scan liver, where there is none, shows in its column only."""
    asked = []

    def spoilt(scan, model, options) -> Segmentation:
        found = segment(scan, model, options)
        asked.append((found.run["runtime"], found.run["device"], found.run["precision"]))
        found.labelmap.voxels[:] = 0
        found.labelmap.voxels[:4, :4, :4] = 1
        if (options.runtime, options.precision) == ("openvino", "bf16"):
            found.labelmap.voxels[:2, :4, :4] = 2
        return found

    monkeypatch.setattr(runtimes, "segment", spoilt)
    same, dice = runtimes.measure_runtimes(load_model(people_run / "model"), [study], tmp_path)
    ways = [("torch", "fp32"), ("openvino", "fp32"), ("openvino", "bf16"), ("torch", "bf16")]
    assert asked == [(runtime, "cpu", precision) for runtime, precision in ways]
    assert [row.organs for row in same] == [1, 0.5, 1]
    assert [row.everywhere == 1 for row in same] == [True, False, True]
    first = next(organ.name for organ in load_model(people_run / "model").plan.organs.values())
    assert [row.dice for row in dice if row.organ == first] == [1, pytest.approx(2 / 3), 1]


def test_the_tables_show_each_study_and_each_organ() -> None:
    same = [Sameness("ct.nii.gz", "openvino fp32", 0.9999876, 0.99987)]
    table = as_markdown(same, [Agreement("ct.nii.gz", "openvino fp32", "liver", 0.9996)])
    assert "| ct.nii.gz | 99.9988% (99.987%) |" in table
    assert "| liver | 1.000 (1.000) |" in table
