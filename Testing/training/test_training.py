"""From raw scans to a model folder that the engine opens, on generated people."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
import torch
import yaml
from organseg_training.classes import CHANNELS, INDEX, ORGANS, UNKNOWN, numbering, translate
from organseg_training.config import Config
from organseg_training.evaluate import as_markdown, dice_table, evaluate
from organseg_training.export import export
from organseg_training.fit import fit, log_entries
from organseg_training.loss import segmentation_loss
from organseg_training.prepare import Case, prepare
from organseg_training.rules import label_lungs
from OrganSegLib.model import load_model
from OrganSegLib.phantom import make_phantom

SPACING = 6.0


@pytest.fixture(scope="module", autouse=True)
def _generated_data_only():
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("ORGANSEG_TEST_DATA", raising=False)
        yield


@pytest.fixture(scope="module")
def phantom():
    return make_phantom(seed=7, spacing_mm=(SPACING,) * 3)


@pytest.fixture(scope="module")
def config_file(phantom, tmp_path_factory) -> Path:
    """Two scans on disk, one with labels and one without, and a configuration that learns from them."""
    folder = tmp_path_factory.mktemp("data")
    scan, labelmap = phantom
    sitk.WriteImage(scan.grid.image(scan.voxels), str(folder / "ct.nii.gz"))
    sitk.WriteImage(labelmap.grid.image(labelmap.voxels), str(folder / "labels.nii.gz"))
    labelled = {"image": "ct.nii.gz", "labels": "labels.nii.gz", "numbering": "organseg", "licence": "own"}
    facts = {
        "name": "tiny",
        "version": "0",
        "description": "tiny",
        "data": str(folder),
        "names_v2": "",
        "sources": [
            {"name": "labelled", **labelled},
            {"name": "lungs", "image": "ct.nii.gz", "licence": "own"},
            {"name": "held_back", **labelled, "role": "check"},
        ],
        "phantoms": 1,
        "phantom_weight": 1.0,
        "spacing_mm": [SPACING] * 3,
        "windows": [{"low": -1000, "high": 1000, "centre": 0, "scale": 500}],
        "patches": [[32, 16, 16], [16, 16, 32]],
        "multiple": 16,
        "filters": [4, 8, 8],
        "iterations": 4,
        "learning_rate": 0.01,
        "weight_decay": 0.0,
        "warmup": 1,
        "ema_decay": 0.9,
        "seed": 3,
    }
    file = folder / "tiny.yaml"
    file.write_text(yaml.safe_dump(facts))
    return file


@pytest.fixture(scope="module")
def cases(config_file, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("cases")
    prepare(Config.load(config_file), folder)
    return folder


def test_fit_resumes_exactly(config_file, cases, tmp_path):
    whole, halves = tmp_path / "whole", tmp_path / "halves"
    config = Config.load(config_file)
    fit(config, cases, whole, workers=0)
    fit(config, cases, halves, workers=0, stop_after=2)
    assert torch.load(halves / "checkpoint.pt", weights_only=True)["iteration"] == 2
    fit(config, cases, halves, workers=0)
    first, second = (torch.load(run / "checkpoint.pt", weights_only=True) for run in (whole, halves))
    assert first["iteration"] == second["iteration"] == 4
    for name, value in first["model"].items():
        assert torch.equal(value, second["model"][name]), name


def test_trained_run_becomes_a_model_that_the_engine_opens(config_file, cases, tmp_path):
    config = Config.load(config_file)
    fit(config, cases, tmp_path, workers=0)
    (entry,) = log_entries(tmp_path)
    assert entry["iteration"] == 4
    assert 0 < entry["loss"] < 10
    export(config, tmp_path, tmp_path / "model", left_out=("colon",))
    model = load_model(tmp_path / "model")
    assert [organ.name for organ in model.plan.organs.values()] == [o for o in ORGANS if o != "colon"]
    scores = evaluate(config, model, tmp_path, runtime="torch")
    assert scores["held_back"]["role"] == "check"
    assert set(scores["lungs"]["dice"]) == {"lung_left", "lung_right"}
    assert "| liver |" in as_markdown(scores)
    export(config, tmp_path, tmp_path / "model")
    card = (tmp_path / "model" / "MODEL_CARD.md").read_text()
    assert "| liver |" in card
    assert "4 iterations" in card


def test_loss_falls_towards_the_truth():
    labels = torch.randint(0, len(CHANNELS), (4, 4, 4))
    truth = torch.nn.functional.one_hot(labels, len(CHANNELS)).permute(3, 0, 1, 2).float()
    known = torch.ones(len(CHANNELS), dtype=torch.bool)
    far, near = (segmentation_loss(scale * truth, labels, known, 0.5) for scale in (0.0, 20.0))
    assert near < 0.9 < far


def test_unknown_organs_are_not_taught_to_be_absent():
    """Where only lungs are labelled, calling background liver costs nothing, calling it lung does."""
    labels = torch.zeros((2, 2, 2), dtype=torch.long)
    known = torch.tensor([name.startswith("lung") for name in CHANNELS])
    logits = torch.zeros((len(CHANNELS), 2, 2, 2))
    as_liver, as_lung = logits.clone(), logits.clone()
    as_liver[CHANNELS.index("liver")] = 30
    as_lung[CHANNELS.index("lung_left")] = 30
    assert segmentation_loss(as_liver, labels, known, 0.5) < 0.01
    assert segmentation_loss(as_lung, labels, known, 0.5) > 5


def test_configuration_names_a_wrong_key(config_file, tmp_path):
    facts = yaml.safe_load(config_file.read_text())
    (tmp_path / "wrong.yaml").write_text(yaml.safe_dump({**facts, "iteratoins": 5}))
    with pytest.raises(ValueError, match="iteratoins"):
        Config.load(tmp_path / "wrong.yaml")
