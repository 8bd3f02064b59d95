"""Several settings side by side, all else equal."""

import csv
import json

import pytest
from organseg_training.errors import ConfigError, TrainingError
from organseg_training.studies.compare import compare


def test_losses_are_compared_on_the_same_scans(config, run):
    result = compare(config, run, {"fit.loss": ["dice", "iou"]})

    assert [row["setting"] for row in result.rows] == ["loss=dice", "loss=iou"]
    assert {"accuracy", "precision", "recall", "dice", "slice_dice"} <= set(result.rows[0])
    with (run / "compare-patients.csv").open(encoding="utf-8") as file:
        patients = [(row["setting"], row["patient"], row["organ"]) for row in csv.DictReader(file)]
    assert len(patients) == 4
    assert {patient for setting, patient, _ in patients if setting == "loss=dice"} == {
        patient for setting, patient, _ in patients if setting == "loss=iou"
    }
    jobs = [json.loads((run / "compare" / row["setting"] / "job.json").read_text()) for row in result.rows]
    assert jobs[0]["fold"] == jobs[1]["fold"]
    assert jobs[0]["config"]["seed"] == jobs[1]["config"]["seed"]
    for picture in ("curves", "masks"):
        assert (run / f"compare-{picture}.png").stat().st_size > 1000


@pytest.mark.parametrize(
    ("key", "code"), [("fit.los", "config.unknown_key"), ("spacing_mm", "config.fixed_key")]
)
def test_keys_are_checked_first(config, tmp_path, key, code):
    with pytest.raises(ConfigError) as caught:
        compare(config, tmp_path / "run", {key: [1, 2]})
    assert caught.value.code == code
    assert not (tmp_path / "run").exists()


def test_something_must_be_set_apart(config, run):
    with pytest.raises(TrainingError) as caught:
        compare(config.changed(split={"train": 1, "validation": 0, "test": 0}), run, {"seed": [1, 2]})
    assert caught.value.code == "training.nothing_to_judge"
