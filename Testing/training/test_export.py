"""What a run becomes: a model folder that the engine opens, and that gives what the training gives."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from organseg_training.case import Case
from organseg_training.config import Config
from organseg_training.errors import ConfigError, TrainingError
from organseg_training.evaluate import evaluate
from organseg_training.export import export
from organseg_training.fit import trained_weights
from organseg_training.plan import network_of, windows_of
from organseg_training.predict import predict
from organseg_training.readers import open_readers
from OrganSegLib.label_files import write_nifti
from OrganSegLib.model import load_model
from OrganSegLib.networks import build
from OrganSegLib.pipeline import Options, segment
from OrganSegLib.predict import predict as engine_logits
from OrganSegLib.preprocess import normalise, preprocess
from OrganSegLib.scores import argmax
from OrganSegLib.tiles import padded_shape
from OrganSegLib.volume import Labelmap

from Testing.training.generated import ITERATIONS, with_random_weights

TORCH = Options(runtime="torch", surfaces=False)
KINDS = {"3d": ("people", "people_run"), "2d": ("flat_people", "flat_run")}


@pytest.fixture(params=KINDS)
def config_and_run(request, tmp_path: Path) -> tuple[Config, Path]:
    """A run whose weights find something of everything, as those that hardly learnt do not."""
    config, run = (request.getfixturevalue(name) for name in KINDS[request.param])
    return config, with_random_weights(config, run, tmp_path / "run")


def person(config: Config):
    reader = open_readers(config)[0]
    return reader.scan(reader.entries()[0])


def training_labels(config: Config, run: Path) -> np.ndarray:
    """The prepared case through the network, with nothing of the engine's prediction."""
    case = Case.load(run / "cases" / "phantom_000.npz")
    plan = load_model(run / "model").plan
    network = build(network_of(config))
    network.load_state_dict({name: value.half() for name, value in trained_weights(run).items()})
    multiples = [1 if config.dimensions == 2 else config.network.multiple] + [config.network.multiple] * 2
    shape = padded_shape(tuple(-(-n // m) * m for n, m in zip(case.hu.shape, multiples, strict=True)), plan)
    pad = [(0, wanted - n) for wanted, n in zip(shape, case.hu.shape, strict=True)]
    hu = np.pad(case.hu.astype(np.float32), pad, constant_values=-1024)
    x = torch.from_numpy(normalise(hu, windows_of(config)))
    x = x.transpose(0, 1) if config.dimensions == 2 else x[None]
    with torch.no_grad():
        labels = network.eval().float()(x).argmax(1).numpy()
    z, y, x_size = case.hu.shape
    return (labels if config.dimensions == 2 else labels[0])[:z, :y, :x_size]


def test_training_and_engine_agree_on_every_voxel(config_and_run):
    config, run = config_and_run
    model = load_model(run / "model")
    network_input = preprocess(person(config), model.plan)
    logits, used = engine_logits(model, network_input, device="cpu", runtime="torch", precision="fp32")
    assert used.tiles == 1
    engine = argmax(logits, model.plan)
    assert len(np.unique(engine)) > 2
    np.testing.assert_array_equal(engine, training_labels(config, run))


def test_prediction_from_a_run_is_the_engines(config_and_run, tmp_path):
    config, run = config_and_run
    scan = person(config)
    study = tmp_path / "study.nii.gz"
    write_nifti(study, Labelmap(scan.voxels, scan.grid, {}))
    ours = predict(run, study, tmp_path / "out", animation=False, options=TORCH)
    engines = segment(scan, load_model(run / "model"), TORCH).labelmap
    np.testing.assert_array_equal(ours.voxels, engines.voxels)
    assert engines.voxels.any()


def test_cards_and_plan_tell_what_is_known(people: Config, people_run: Path, tmp_path):
    evaluation = evaluate(people, load_model(people_run / "model"), options=TORCH)
    run = copied(people_run, tmp_path / "copy")
    evaluation.save(run / "evaluation")
    weak = people.changed(experimental=("liver", "spleen"), card__checks="The same in any position.")
    model = export(weak, run, tmp_path / "model", left_out=("spleen",))
    assert model.plan.experimental == ("liver",)
    assert [organ.name for organ in model.plan.organs.values()] == ["liver", "kidney_left", "kidney_right"]
    assert model.plan.training["iterations"] == ITERATIONS
    assert set(model.plan.scores) == {"phantom_000", "phantom_001", "phantom_007"}
    card = (model.folder / "MODEL_CARD.md").read_text()
    for fact in (
        "| phantom_000 | learnt from | liver, spleen, kidney_left, kidney_right | CC0-1.0 |",
        "| phantom_001 | chosen by |",
        "| phantom_007 | checked on |",
        "Left out, because they stayed below a useful level: spleen.",
        "Experimental, because their scores are low, and flagged in every result: liver.",
        f"{ITERATIONS} iterations",
        "Everywhere: it has hardly learnt.",
        "**check** (scans: 1, people: 1)",
        "## What else was checked\n\nThe same in any position.\n\n## Where it fails\n",
    ):
        assert fact in card, fact


def copied(run: Path, to: Path) -> Path:
    """A run that may be changed."""
    to.mkdir()
    for path in run.iterdir():
        if path.is_file():
            (to / path.name).write_bytes(path.read_bytes())
    (to / "cases").symlink_to(run / "cases")
    return to


def test_scores_of_other_weights_are_not_shown(people: Config, people_run: Path, tmp_path):
    run = copied(people_run, tmp_path / "copy")
    evaluation = evaluate(people, load_model(people_run / "model"), ["phantom_007"], options=TORCH)
    evaluation.model["iterations"] = 1
    evaluation.save(run / "evaluation")
    model = export(people, run, tmp_path / "model")
    assert model.plan.scores == {}
    card = (model.folder / "MODEL_CARD.md").read_text()
    assert "Not measured yet." in card
    assert "What else was checked" not in card


def test_an_adjusted_organ_loses_as_much_everywhere(config_and_run, tmp_path):
    config, run = config_and_run
    cautious = export(config.changed(logit_adjustment={"liver": 1.5}), run, tmp_path / "model")

    before, after = (
        engine_logits(
            model, preprocess(person(config), model.plan), device="cpu", runtime="torch", precision="fp32"
        )[0]
        for model in (load_model(run / "model"), cautious)
    )

    lost = np.zeros((before.values.shape[0], 1, 1, 1))
    lost[config.classes.index["liver"]] = 1.5
    np.testing.assert_allclose(
        before.values - after.values, np.broadcast_to(lost, before.values.shape), atol=5e-3
    )


def test_scores_are_of_the_same_adjustment(people: Config, people_run: Path, tmp_path):
    run = copied(people_run, tmp_path / "copy")
    evaluate(people, load_model(people_run / "model"), ["phantom_007"], options=TORCH).save(
        run / "evaluation"
    )
    assert export(people, run, tmp_path / "model").plan.scores
    assert not export(people.changed(logit_adjustment={"liver": 0.5}), run, tmp_path / "model").plan.scores


def test_a_network_without_biases_cannot_be_adjusted(people: Config, people_run: Path, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "unbiased.py").write_text(
        "from torch import nn\n\n\n"
        "class Unbiased(nn.Sequential):\n"
        "    def __init__(self, in_channels, out_channels, spatial_dims, filters):\n"
        "        super().__init__(nn.Conv3d(in_channels, out_channels, 1, bias=False))\n"
    )
    config = people.changed(network={"name": "unbiased:Unbiased", "multiple": 8})
    run = with_random_weights(config, people_run, tmp_path / "run")
    with pytest.raises(ConfigError) as refusal:
        export(config.changed(logit_adjustment={"liver": 0.5}), run, tmp_path / "other")
    assert refusal.value.code == "config.no_bias"
    assert not (tmp_path / "other").exists()


def test_heads_of_deep_supervision_stay_behind(people: Config, people_run: Path, tmp_path):
    arguments = {"filters": [4, 8, 8, 8], "deep_supervision": True, "deep_supr_num": 1}
    config = people.changed(network={"name": "DynUNet", "arguments": arguments, "multiple": 8})
    run = with_random_weights(config, people_run, tmp_path / "run")
    assert any("head" in name for name in trained_weights(run))
    model = load_model(run / "model")
    assert "deep_supervision" not in model.plan.network["arguments"]
    kept = (model.folder / "weights.safetensors").read_bytes()
    header = json.loads(kept[8 : 8 + int.from_bytes(kept[:8], "little")])
    assert not [name for name in header if re.search("super_?(vision_)?head", name)]
    labels = segment(person(people), model, TORCH).labelmap.voxels
    assert labels.any()


def test_weights_of_another_network_are_refused(people: Config, people_run: Path, tmp_path):
    other = people.changed(network={"name": "UNet", "arguments": {"filters": [4, 8]}, "multiple": 8})
    with pytest.raises(TrainingError) as refusal:
        export(other, people_run, tmp_path / "model")
    assert refusal.value.code == "training.other_network"
    with pytest.raises(ConfigError) as refusal:
        export(people, people_run, tmp_path / "model", left_out=("pancreas",))
    assert refusal.value.code == "config.unknown_organ"
    with pytest.raises(ConfigError) as refusal:
        export(people.changed(experimental=("pancreas",)), people_run, tmp_path / "model")
    assert refusal.value.code == "config.unknown_organ"
    with pytest.raises(ConfigError) as refusal:
        export(people.changed(logit_adjustment={"pancreas": 1}), people_run, tmp_path / "model")
    assert refusal.value.code == "config.unknown_organ"
    with pytest.raises(TrainingError) as refusal:
        export(people, tmp_path, tmp_path / "model")
    assert refusal.value.code == "training.no_checkpoint"
    assert not (tmp_path / "model").exists()
