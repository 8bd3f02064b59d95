"""The small benchmarks, each of one target, work; how good the figures are, is not tested."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from OrganSegLib.scores import argmax

from Testing.benchmarks import borders, growth, stages, start
from Testing.benchmarks.borders import Borders
from Testing.benchmarks.case import FULL


def test_borders_of_all_organs_are_shown_with_their_mean(capsys: pytest.CaptureFixture[str]) -> None:
    assert borders.main(["--quick"]) == 0
    printed = capsys.readouterr().out
    assert "| liver | " in printed
    shown = borders.table({"liver": Borders(1.0, 0.1), "spleen": Borders(3.0, 0.5)})
    assert "| mean | 2.00 | 0.300 | 0.15 | 0.2 |" in shown


def test_the_right_outputs_are_the_truths() -> None:
    truth = borders._truth(0, 6.0)
    voxels = np.zeros_like(truth.voxels)
    voxels[9:15, 6:12, 3:9] = 1  # on the borders of the network's voxels
    truth = replace(truth, voxels=voxels, organs={1: truth.organs[1]})
    logits = borders.right_outputs(truth, borders._plan(truth, 18.0))
    labels = argmax(logits, borders._plan(truth, 18.0))
    assert np.array_equal(labels.repeat(3, 0).repeat(3, 1).repeat(3, 2), voxels)
    middle = truth.grid.affine @ (1.0, 1.0, 1.0, 1.0)
    assert logits.grid.origin_mm == pytest.approx(middle[:3])


def test_growth_is_told_in_multiples_of_the_first_volume() -> None:
    sizes = growth.sizes(FULL)
    assert sizes["4 x as long"].voxels == (512, 512, 1600)
    finer = sizes["4 x as many voxels, same body"]
    assert np.multiply(finer.voxels, finer.spacing_mm) == pytest.approx(
        np.multiply(FULL.voxels, FULL.spacing_mm)
    )
    walls = zip(sizes, (1.0, 2.0, 3.0, 4.0), strict=True)
    rows = {name: {"voxels": [1], "wall_s": wall_s, "peak_rss_gb": 1.0} for name, wall_s in walls}
    assert "| 4 x as long | 1 | 3.0 | 3.00 | 1.0 | 1.00 | 4.4 x, 8 GB |" in growth.table(rows)


def test_growth_is_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(growth, "sizes", lambda base: {"one": base})  # each takes some seconds
    assert growth.main(["--quick", "--turns", "1", "--output", str(tmp_path)]) == 0
    rows = json.loads((tmp_path / "growth.json").read_text())["rows"]
    assert rows["one"]["wall_s"] > 0
    assert "| one | 64 x 64 x 32 | " in capsys.readouterr().out


def test_the_stages_add_up_to_the_click(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert stages.main(["--quick", "--turns", "1", "--output", str(tmp_path)]) == 0
    assert f"| {stages.NETWORK} | " in capsys.readouterr().out
    run = stages.with_sums({"preprocess": 0.25, stages.NETWORK: 2.0}, 3.0)
    assert run == {
        **{"preprocess": 0.25, stages.NETWORK: 2.0, "click": 3.0},
        **{stages.HANDED_OVER: 0.75, stages.AROUND: 1.0},
    }
    assert f"| {stages.AROUND} | 1.000 | 1.3 |" in stages.table([run])


def test_the_start_is_timed(capsys: pytest.CaptureFixture[str]) -> None:
    assert start.main(["--turns", "1"]) == 0
    printed = capsys.readouterr().out
    assert all(f"| {step} | " in printed for step in start.TARGETS_S)
    assert "| import OrganSegLib | 0.020 | 0.010 to 0.900 | 0.1 |" in start.table(
        {start.IMPORT: [0.02, 0.9, 0.01]}
    )
