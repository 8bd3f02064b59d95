"""``organseg-train fit`` from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from organseg_training.cli import learn  # noqa: F401 (adds its commands)
from organseg_training.cli.app import app
from organseg_training.config import Config
from organseg_training.fit import log_entries
from organseg_training.fit.checkpoint import read
from organseg_training.split import Fold, save_splits
from typer.testing import CliRunner


@pytest.fixture
def run(people: Config, people_run: Path, tmp_path: Path) -> Path:
    """A fresh run folder on prepared cases, with its configuration."""
    (tmp_path / "cases").symlink_to(people_run / "cases")
    people.changed(fit__iterations=2).save(tmp_path / "people.yaml")
    return tmp_path


def fit(run: Path, *arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["fit", str(run / "people.yaml"), "--run", str(run), *arguments])
    return done.exit_code, done.output


def test_it_learns_goes_on_and_begins_anew(run: Path) -> None:
    code, output = fit(run)
    assert (code, f"weights in {run}" in output) == (0, True)
    assert read(run / "checkpoint.pt")["iteration"] == 2
    fit(run, "--set", "fit.iterations=3")
    assert read(run / "checkpoint.pt")["iteration"] == 3
    fit(run, "--no-resume", "--set", "fit.iterations=1")
    assert [entry["iteration"] for entry in log_entries(run)] == [1]


def test_folds(run: Path, people: Config) -> None:
    one, two = ("phantom_000",), ("phantom_001",)
    save_splits(run / "splits.json", [Fold(one, two), Fold(two, one)], people.split)
    code, output = fit(run)
    assert code == 9
    assert "Choose --fold 1 to 2, or all." in output
    assert fit(run, "--fold", "3")[0] == 9
    assert fit(run, "--fold", "2", "--device", "cpu")[0] == 0
    fold = json.loads((run / "folds" / "2" / "provenance.json").read_text())["fold"]
    assert fold == {"train": ["phantom_001"], "validation": ["phantom_000"], "test": []}
    assert log_entries(run / "folds" / "2")[-1]["validation_loss"]
    assert fit(run, "--fold", "all")[0] == 0
    assert log_entries(run)[-1]["validation_loss"] is None


def test_one_patient_on_two_sides_is_refused(run: Path, people: Config) -> None:
    one, two = "phantom_000", "phantom_001"
    save_splits(run / "splits.json", [Fold((one, two), (two,))], people.split)
    code, output = fit(run)
    assert code == 10
    assert "The patient phantom_001 is in train and in validation" in output
    assert not (run / "checkpoint.pt").exists()


def test_initial_weights(run: Path, people_run: Path) -> None:
    assert fit(run, "--initial", str(people_run / "model"))[0] == 0
    assert fit(run, "--no-resume", "--initial", str(run / "nowhere"))[0] == 4
