"""A training as its caller sees it: weights, files, resuming, errors."""

from __future__ import annotations

import csv
import json
import logging
import math
from pathlib import Path

import pytest
import torch
from organseg_training.config import Config, load_config
from organseg_training.errors import ConfigError, DataError, TrainingError
from organseg_training.fit import fit, log_entries, trained_weights
from organseg_training.fit.checkpoint import read
from organseg_training.split import Fold

FOLD = Fold(train=("a", "c"), validation=("b",))
UNET = {"name": "UNet", "arguments": {"filters": [8, 16]}, "multiple": 8}


def same(first: dict[str, torch.Tensor], second: dict[str, torch.Tensor]) -> bool:
    return first.keys() == second.keys() and all(torch.equal(v, second[k]) for k, v in first.items())


@pytest.mark.parametrize("workers", [0, 2])
def test_stopped_and_resumed_is_bit_identical(
    config: Config, cases: Path, tmp_path: Path, workers: int
) -> None:
    config = config.changed(augmentation__enabled=True, fit__validate_every=2, fit__batch_size=2)
    fit(config, cases, tmp_path / "whole", FOLD)
    config = config.changed(fit__workers=workers)
    first = fit(config, cases, tmp_path / "halves", FOLD, stop_after=3)
    second = fit(config, cases, tmp_path / "halves", FOLD)
    assert (first.iterations, second.iterations) == (3, 6)
    whole, halves = (read(tmp_path / run / "checkpoint.pt") for run in ("whole", "halves"))
    assert same(whole["model"], halves["model"])
    assert same(whole["ema"], halves["ema"])
    for number, moments in whole["optimiser"]["state"].items():
        assert same(moments, halves["optimiser"]["state"][number])
    assert whole["standing"]["best_iteration"] == halves["standing"]["best_iteration"]
    losses = [
        [entry["validation_loss"] for entry in log_entries(tmp_path / run)] for run in ("whole", "halves")
    ]
    assert [x for x in losses[0] if x] == [x for x in losses[1] if x]


def test_dropout_goes_on_where_it_was(config: Config, cases: Path, tmp_path: Path) -> None:
    config = config.changed(network={**UNET, "arguments": {"filters": [4, 8], "dropout": 0.5}})
    fit(config, cases, tmp_path / "whole")
    fit(config, cases, tmp_path / "halves", stop_after=3)
    torch.rand(5)
    fit(config, cases, tmp_path / "halves")
    whole, halves = (read(tmp_path / run / "checkpoint.pt") for run in ("whole", "halves"))
    assert same(whole["model"], halves["model"])


def test_it_learns_and_keeps_its_files(config: Config, cases: Path, tmp_path: Path) -> None:
    config = config.changed(
        network=UNET,
        fit__whole_images=True,
        fit__learning_rate=0.03,
        fit__iterations=120,
        fit__validate_every=20,
        fit__metrics=["recall"],
    )
    result = fit(config, cases, tmp_path, FOLD)
    assert result.best_dice > 0.6
    entries = log_entries(tmp_path)
    assert [entry["iteration"] for entry in entries] == list(range(2, 121, 2))
    assert entries[-1]["loss"] < 0.5 * entries[0]["loss"]
    assert entries[-1]["dice"] > entries[0]["dice"]
    assert entries[-1]["validation_loss"] < entries[9]["validation_loss"]
    assert entries[-1]["validation_recall_liver"] > 0.5
    assert entries[0]["validation_dice"] is None
    assert max(e["validation_dice"] or 0 for e in entries) == pytest.approx(result.best_dice, rel=1e-5)
    assert load_config(tmp_path / "config.yaml").fit == config.fit
    provenance = json.loads((tmp_path / "provenance.json").read_text())
    assert provenance["device"] == "cpu"
    assert provenance["packages"]["torch"] == torch.__version__
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")
    with (tmp_path / "history.csv").open(newline="") as file:
        history = list(csv.DictReader(file))
    assert [float(row["loss"]) for row in history] == [entry["loss"] for entry in entries]
    assert history[0]["validation_dice"] == ""
    assert list((tmp_path / "tensorboard").glob("events.*"))


def test_a_2d_network_learns_from_slices(flat: Config, cases: Path, tmp_path: Path) -> None:
    config = flat.changed(
        fit__iterations=60, fit__validate_every=60, fit__loss=["jaccard", {"name": "binary_cross_entropy"}]
    )
    result = fit(config, cases, tmp_path, FOLD)
    entries = log_entries(tmp_path)
    assert entries[-1]["loss"] < 0.8 * entries[0]["loss"]
    assert 0 < result.best_dice <= 1
    averaged = read(tmp_path / "best.pt")["ema"]
    assert not torch.equal(averaged["module.model.0.adn.N.running_mean"], torch.zeros(4))


def test_windows_and_deep_supervision(config: Config, cases: Path, tmp_path: Path) -> None:
    arguments = {"filters": [4, 8, 8], "deep_supervision": True, "deep_supr_num": 1}
    network = {"name": "DynUNet", "arguments": arguments, "multiple": 4, "field_of_view": "patch"}
    config = config.changed(network=network, fit__iterations=2, fit__precision="fp32")
    fit(config, cases, tmp_path, FOLD)
    assert 0 < log_entries(tmp_path)[-1]["validation_loss"] < 10
    assert any("deep_supervision_heads" in name for name in trained_weights(tmp_path))


@pytest.mark.parametrize("precision", ["fp32", "bf16", "fp16"])
@pytest.mark.parametrize("memory_format", ["contiguous", "channels_last"])
def test_precisions_and_layouts_give_nearly_the_same(
    config: Config, cases: Path, tmp_path: Path, precision: str, memory_format: str
) -> None:
    config = config.changed(network=UNET, fit__iterations=2, fit__whole_images=True)
    fit(config.changed(fit__precision="fp32"), cases, tmp_path / "exact")
    fit(config.changed(fit__precision=precision, fit__memory_format=memory_format), cases, tmp_path / "run")
    exact, found = (log_entries(tmp_path / run)[-1]["loss"] for run in ("exact", "run"))
    assert found == pytest.approx(exact, rel=0.02)
    provenance = json.loads((tmp_path / "run" / "provenance.json").read_text())
    assert provenance["precision"] == precision


def test_it_stops_early_and_offers_the_best_weights(config: Config, cases: Path, tmp_path: Path) -> None:
    config = config.changed(
        fit__learning_rate=1e-12, fit__patience=2, fit__validate_every=2, fit__iterations=20
    )
    result = fit(config, cases, tmp_path, FOLD)
    assert (result.iterations, result.best_iteration) == (6, 2)
    assert read(tmp_path / "best.pt")["iteration"] == 2
    assert fit(config, cases, tmp_path, FOLD).iterations == 6  # it stays stopped


def test_without_validation_the_last_weights_count(config: Config, cases: Path, tmp_path: Path) -> None:
    result = fit(config, cases, tmp_path)
    assert result.best_iteration == 6
    assert math.isnan(result.best_dice)
    assert trained_weights(tmp_path).keys() == read(tmp_path / "checkpoint.pt")["model"].keys()


@pytest.mark.parametrize("workers", [0, 1])
def test_a_corrupt_case_stops_by_name(config: Config, cases: Path, tmp_path: Path, workers: int) -> None:
    (cases / "a.npz").write_bytes((cases / "a.npz").read_bytes()[:-200])
    with pytest.raises(DataError, match="case a is damaged") as caught:
        fit(config.changed(fit__workers=workers), cases, tmp_path)
    assert caught.value.code == "data.corrupt_case"


def test_a_corrupt_case_is_skipped_by_choice(
    config: Config, cases: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    whole = (cases / "a.npz").read_bytes()
    fit(config, cases, tmp_path, stop_after=3)
    (cases / "a.npz").write_bytes(whole[:1000])  # in the middle of the training
    with caplog.at_level(logging.WARNING):
        fit(config.changed(fit__on_corrupt="skip", fit__iterations=20), cases, tmp_path)
    assert caplog.text.count("The case a cannot be read") == 1
    skipped = log_entries(tmp_path)[-1]["skipped_samples"]
    assert skipped > 1
    assert read(tmp_path / "checkpoint.pt")["standing"]["corrupt"] == {"a": skipped}
    assert json.loads((tmp_path / "provenance.json").read_text())["standing"]["corrupt"] == {"a": skipped}


def test_nothing_readable_is_an_error(config: Config, cases: Path, tmp_path: Path) -> None:
    for name in "abc":
        (cases / f"{name}.npz").write_bytes(b"no archive")
    with pytest.raises(DataError) as caught:
        fit(config.changed(fit__on_corrupt="skip"), cases, tmp_path)
    assert caught.value.code == "data.unreadable"


def test_errors_have_names(config: Config, cases: Path, tmp_path: Path) -> None:
    fit(config, cases, tmp_path, stop_after=1)
    wrong: list[tuple[dict[str, object], type[Exception], str]] = [
        ({"seed": 4}, TrainingError, "other settings of: seed"),
        ({"fit__device": "cuda:9"}, TrainingError, "not available"),
        ({"fit__frozen": ["nonsense"]}, TrainingError, "unet.input_block"),
        ({"fit__frozen": 99}, TrainingError, "nothing is left to learn"),
    ]
    for changes, kind, sentence in wrong:
        with pytest.raises(kind, match=sentence):
            fit(config.changed(**changes), cases, tmp_path)
    with pytest.raises(DataError, match="z, which is not among"):
        fit(config, cases, tmp_path, Fold(train=("z",)))
    with pytest.raises(ConfigError, match="loss"):
        config.changed(fit__loss="dize")
    (tmp_path / "checkpoint.pt").write_bytes(b"damaged")
    with pytest.raises(TrainingError, match="damaged"):
        fit(config, cases, tmp_path)


def test_patches_that_a_network_cannot_see_are_named(config: Config, cases: Path, tmp_path: Path) -> None:
    network = {"name": "UNet", "arguments": {"filters": [4, 8, 8]}, "multiple": 2}
    with pytest.raises(TrainingError, match="UNet cannot see patches of 16 x 18 x 16 voxels") as caught:
        fit(config.changed(network=network, fit__patches=[[16, 18, 16]]), cases, tmp_path)
    assert caught.value.code == "training.patch_does_not_fit"


def test_a_diverged_training_says_so(config: Config, cases: Path, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="no longer a number") as caught:
        fit(config.changed(fit__learning_rate=1e30, fit__iterations=20), cases, tmp_path)
    assert caught.value.code == "training.diverged"
