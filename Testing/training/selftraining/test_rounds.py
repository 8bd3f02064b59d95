"""A round of self-training: the teacher labels a scan, the student begins as the teacher and learns on."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
import torch
from organseg_training.classes import UNKNOWN
from organseg_training.cli import app
from organseg_training.config import Config, load_config
from organseg_training.errors import ConfigError
from organseg_training.fit import fit, log_entries, trained_weights
from organseg_training.manifest import Manifest
from organseg_training.predict import open_model
from organseg_training.prepare import prepare
from organseg_training.selftraining import final_run, self_train, train_round
from OrganSegLib.phantom import make_phantom
from OrganSegLib.phantom.files import write_image
from typer.testing import CliRunner


@pytest.fixture
def learning(people: Config, tmp_path: Path) -> Config:
    """The configuration with a scan that nobody labelled, and one short round."""
    scan, _ = make_phantom(11, (8.0, 8.0, 12.0), "abdomen")
    write_image(scan, tmp_path / "unlabelled.nii.gz")
    return people.changed(
        fit={**people.fit.model_dump(), "patches": [[48, 40, 24]], "iterations": 60, "learning_rate": 0.02},
        self_training={
            "folder": str(tmp_path),
            "scans": [{"name": "stranger", "image": "unlabelled.nii.gz", "licence": "CC0-1.0"}],
            "share": 0.5,
            "organ_confidence": 0.3,
            "background_confidence": 0.3,
            "agreement": 0.3,
            "least_ml": 1,
            "rounds": [{"iterations": 1, "learning_rate": 1e-6, "batch_size": 2}],
        },
    )


def test_a_student_begins_as_its_teacher_and_sees_the_new_scan(learning: Config, tmp_path: Path) -> None:
    run = tmp_path / "run"
    prepare(learning, run / "cases")
    fit(learning, run / "cases", run)
    self_train(learning, run)

    student = final_run(learning, run)
    assert student == run / "rounds" / "1"
    values = np.unique(sitk.GetArrayFromImage(sitk.ReadImage(str(student / "pseudo_labels/stranger.nrrd"))))
    assert set(values) <= {*range(len(learning.classes.channels)), UNKNOWN}
    records = Manifest.load(student / "cases").cases
    assert records["stranger_pseudo"].weight == pytest.approx(
        sum(record.weight for record in records.values() if record.role == "train") / 2
    )
    assert [entry["iteration"] for entry in log_entries(student)] == [1]
    assert load_config(student / "config.yaml").fit.batch_size == 2
    old, new = (open_model(place).digest for place in (run, student))
    assert old != new

    before = (student / "checkpoint.pt").stat().st_mtime_ns
    self_train(learning, run)  # nothing is left to do
    assert (student / "checkpoint.pt").stat().st_mtime_ns == before


def test_where_only_a_model_is_left_it_can_be_the_teacher(learning: Config, tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    prepare(learning, first / "cases")
    fit(learning, first / "cases", first)
    model = open_model(first)
    shutil.copytree(first / "cases", second / "cases")
    learning.save(tmp_path / "config.yaml")

    done = CliRunner().invoke(
        app, f"round {tmp_path}/config.yaml 1 --teacher {model.folder} --run {second}".split()
    )
    assert done.exit_code == 0, done.output
    assert not (second / "checkpoint.pt").exists()
    self_train(learning, first)  # a step of 1e-6 from the same weights, which a model keeps in 16 bits
    there, here = (trained_weights(final_run(learning, run)) for run in (first, second))
    for name, weights in there.items():
        torch.testing.assert_close(here[name], weights, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("number", [0, 2])
def test_a_round_that_the_configuration_lacks_is_refused(
    number: int, learning: Config, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=f"round {number}") as caught:
        train_round(learning, tmp_path / "run", number, tmp_path)
    assert caught.value.code == "config.no_round"
    assert not (tmp_path / "run").exists()


def test_without_rounds_the_run_itself_is_final(people: Config, tmp_path: Path) -> None:
    assert final_run(people, tmp_path) == tmp_path


def test_a_flat_network_cannot_turn_scans(learning: Config, tmp_path: Path) -> None:
    flat = learning.changed(dimensions=2)
    with pytest.raises(ConfigError, match="2D"):
        self_train(flat, tmp_path)
