"""The benchmark of what follows the network works; how fast anything is, is not tested."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from Testing.benchmarks.surgery.__main__ import CLICK, SURFACES, Times, main, table
from Testing.benchmarks.surgery.case import QUICK, make_case


def test_medians_are_shown_beside_the_targets() -> None:
    runs = [Times(wall_s, 2.0) for wall_s in (1.0, 9.0, 1.25)]
    shown = table({SURFACES: runs, CLICK: runs})
    assert f"| {SURFACES} | 1.25 | 2.00 |  |" in shown
    assert f"| {CLICK} | 1.25 | 2.00 | 1.3 |" in shown


def test_the_case_has_twenty_organs_and_a_lesion_in_the_liver() -> None:
    scan, labelmap, lesion = make_case(QUICK)
    assert scan.grid.size == QUICK.voxels
    assert len(labelmap.organs) == 20
    assert set(np.unique(labelmap.voxels)) == {0, *labelmap.organs}
    liver = next(label for label, organ in labelmap.organs.items() if organ.name == "liver")
    assert (labelmap.voxels[lesion.inside(labelmap.grid)] == liver).mean() > 0.9


def test_the_command_prints_a_table_and_writes_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--quick", "--repeats", "1", "--output", str(tmp_path)]) == 0
    facts = json.loads((tmp_path / "surgery.json").read_text())
    assert facts["organs"] == 20
    assert all(run["wall_s"] > 0 for runs in facts["runs"].values() for run in runs)
    printed = capsys.readouterr().out
    assert all(f"| {step} |" in printed for step in facts["targets_s"])
