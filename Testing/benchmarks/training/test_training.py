"""The training benchmark works; how fast anything is, is not tested."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from Testing.benchmarks.training.__main__ import main, table


def test_medians_and_the_ratio_are_shown() -> None:
    runs = {
        "monai_tutorial": [{"patches_per_s": speed} for speed in (1.0, 2.0, 9.0)],
        "ours": [{"patches_per_s": 5.0, "gpu_busy": 0.9}],
    }
    shown = table(runs)
    assert "| 2.00 | no GPU |" in shown
    assert "| 5.00 | 90% |" in shown
    assert shown.endswith("Ratio 2.50")


def test_both_learn(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tiny = "--network SubpixelUNet --patch 32 32 32 --batch 1 --steps 2 --warmup 1 --people 1 --repeats 1"
    assert main([*tiny.split(), "--device", "cpu", "--output", str(tmp_path)]) == 0
    facts = json.loads((tmp_path / "training.json").read_text())
    assert all(run["patches_per_s"] > 0 for runs in facts["runs"].values() for run in runs)
    assert "Ratio" in capsys.readouterr().out
