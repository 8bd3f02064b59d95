"""The commands evaluate, calibrate, predict, export and runtimes."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pytest
from organseg_training.calibration import Calibration, measure
from organseg_training.config import Config
from OrganSegLib.model import load_model
from OrganSegLib.phantom import make_phantom, write_image

from Testing.training.generated import with_random_weights


@pytest.fixture
def run(flat_run: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(flat_run, tmp_path / "runs" / "flat"))


def test_evaluate_then_export_puts_the_table_on_the_card(call, flat_people: Config, run: Path, tmp_path):
    config = tmp_path / "flat.yaml"
    flat_people.save(config)
    shown = call("evaluate", config, "--run", run, "--only", "check", "--runtime", "torch")
    assert shown.exit_code == 0, shown.output
    assert "**check** (scans: 1, people: 1)" in shown.output
    unknown = call("evaluate", config, "--run", run, "--set", "evaluation.cases=[nobody]")
    assert "data.unknown_case" in unknown.output
    exported = call("export", config, "--run", run, "--leave-out", "spleen")
    assert exported.exit_code == 0, exported.output
    assert "--model" in exported.output
    model = load_model(run / "model")
    assert "spleen" not in [organ.name for organ in model.plan.organs.values()]
    assert "**check** (scans: 1, people: 1)" in (run / "model" / "MODEL_CARD.md").read_text()


def test_calibrate_then_export_puts_the_table_on_the_card(
    call, flat_people: Config, flat_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(measure, "degraded", lambda scan: iter(()))  # the scans themselves will do
    config, run = tmp_path / "flat.yaml", with_random_weights(flat_people, flat_run, tmp_path / "run")
    flat_people.save(config)
    shown = call("calibrate", config, "--run", run, "--runtime", "torch")
    assert shown.exit_code == 0, shown.output
    kept = Calibration.load(run)
    assert {pair.scan for pair in kept.pairs} == {"phantom_001", "phantom_007"}
    named = ("--set", "evaluation.calibrated_on=[phantom_007]")
    assert call("calibrate", config, "--run", run, "--runtime", "torch", *named).exit_code == 0
    assert {pair.scan for pair in Calibration.load(run).pairs} == {"phantom_007"}
    assert call("calibrate", config, "--run", run, "--runtime", "torch").exit_code == 0
    row = next(line for line in shown.output.splitlines() if line.startswith("| all organs |"))
    assert row.startswith(f"| all organs | {len(kept.pairs)} |")
    assert call("export", config, "--run", run).exit_code == 0
    assert row in (run / "model" / "MODEL_CARD.md").read_text()


def test_predict_several_studies(call, flat_run: Path, tmp_path):
    studies = [tmp_path / "one.nii.gz", tmp_path / "two.nii.gz"]
    for seed, study in enumerate(studies):
        write_image(make_phantom(seed, (8.0, 8.0, 12.0), "abdomen")[0], study)
    out = tmp_path / "out"
    shown = call(
        "predict", flat_run, *studies, "-o", out, "--no-animation", "--masks", "png", "--runtime", "torch"
    )
    assert shown.exit_code == 0, shown.output
    for name in ("one", "two"):
        assert (out / name / "areas.csv").exists()
        assert any((out / name / "slices").glob("*.png"))
    again = call("predict", flat_run, *studies, "-o", out, "--runtime", "torch")
    assert again.exit_code == 5
    assert "output.exists" in again.output


def test_both_runtimes_find_the_same(call, people: Config, people_run: Path, tmp_path: Path):
    study = write_image(make_phantom(3, (8.0, 8.0, 12.0), "abdomen")[0], tmp_path / "ct.nii.gz")
    run = with_random_weights(people, people_run, tmp_path / "run")
    shown = call("runtimes", run, study, "-o", tmp_path / "out")
    assert shown.exit_code == 0, shown.output
    assert (tmp_path / "out" / "runtimes.md").read_text() in shown.output
    with (tmp_path / "out" / "runtimes.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    ways = ["openvino fp32", "openvino bf16", "torch bf16"]
    assert [row["way"] for row in rows] == [way for way in ways for _ in range(4)]
    exact = [float(row["dice"]) for row in rows if row["way"] == "openvino fp32" and row["dice"]]
    assert exact
    assert min(exact) > 0.999


def test_wrong_words_are_usage_errors(call, flat_run: Path, tmp_path):
    assert call("evaluate", "x.yaml", "--only", "tests").exit_code == 2
    assert call("predict", flat_run, "x", "-o", tmp_path, "--masks", "gif").exit_code == 2
