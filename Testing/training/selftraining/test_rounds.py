"""A round of self-training: the teacher labels a scan, the student begins as the teacher and learns on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from organseg_training.classes import UNKNOWN
from organseg_training.config import Config, load_config
from organseg_training.errors import ConfigError
from organseg_training.fit import fit, log_entries
from organseg_training.manifest import Manifest
from organseg_training.predict import open_model
from organseg_training.prepare import prepare
from organseg_training.selftraining import final_run, self_train
from OrganSegLib.phantom import make_phantom
from OrganSegLib.phantom.files import write_image


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


def test_without_rounds_the_run_itself_is_final(people: Config, tmp_path: Path) -> None:
    assert final_run(people, tmp_path) == tmp_path


def test_a_flat_network_cannot_turn_scans(learning: Config, tmp_path: Path) -> None:
    flat = learning.changed(dimensions=2)
    with pytest.raises(ConfigError, match="2D"):
        self_train(flat, tmp_path)
