"""Weights to begin from, and layers that keep them."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from organseg_training.config import Config
from organseg_training.errors import TrainingError
from organseg_training.fit import fit, trained_weights
from organseg_training.fit.checkpoint import read
from organseg_training.fit.initial import load_initial
from organseg_training.fit.layers import freeze, layers_in_order, start_at_background
from organseg_training.plan import make_plan, network_of
from OrganSegLib.model import save_model_folder
from OrganSegLib.networks import build

NETWORKS = {
    "UNet": {"filters": [4, 8, 16], "num_res_units": 1},
    "AttentionUNet": {"filters": [4, 8, 16]},
    "DynUNet": {"filters": [4, 8, 16]},
    "SubpixelUNet": {"filters": [4, 8, 16]},
    "SegResNet": {"init_filters": 8},
    "VNet": {},
    "DenseUNet": {"filters": [4, 8, 16]},
}


@pytest.mark.parametrize("name", NETWORKS)
def test_the_encoder_is_all_down_to_the_coarsest_level(name: str) -> None:
    arguments = {"in_channels": 1, "out_channels": 3, "spatial_dims": 2, **NETWORKS[name]}
    network = build({"name": name, "arguments": arguments})
    layers = layers_in_order(network, torch.zeros(1, 1, 32, 32))
    freeze(network, layers, ("encoder",))
    learns = [any(p.requires_grad for p in layer.module.parameters(recurse=False)) for layer in layers]
    assert not learns[0]
    assert learns[-1]
    assert learns == sorted(learns)  # frozen first, then learning
    coarsest = min(layer.voxels for layer in layers)
    assert all(layer.voxels > coarsest for layer, learn in zip(layers, learns, strict=True) if learn)
    bias = layers[-1].module.bias
    start_at_background(layers, 3)
    assert bias.reshape(3, -1)[:, 0].tolist() == [2, -2, -2]


def changed(before: dict[str, torch.Tensor], after: dict[str, torch.Tensor]) -> set[str]:
    return {name for name, value in before.items() if not torch.equal(value, after[name])}


@pytest.fixture
def source(config: Config, cases: Path, tmp_path: Path) -> Path:
    """A finished training of the same network with another organ more."""
    fit(config.changed(organs=["liver", "spleen", "pancreas"], fit__iterations=1), cases, tmp_path / "source")
    return tmp_path / "source"


@pytest.mark.parametrize("kind", ["run", "checkpoint", "model"])
def test_a_new_head_on_frozen_weights(
    config: Config, cases: Path, tmp_path: Path, source: Path, kind: str
) -> None:
    initial, weights = source, trained_weights(source)
    if kind == "checkpoint":
        initial = source / "checkpoint.pt"
    elif kind == "model":
        initial = tmp_path / "model"
        plan = make_plan(config.changed(organs=["liver", "spleen", "pancreas"]))
        save_model_folder(initial, plan, weights, "# Model\n")
        weights = {name: value.half().float() for name, value in weights.items()}
    fit(config, cases, tmp_path / "run", initial=initial, frozen=("encoder",), stop_after=2)
    learnt = read(tmp_path / "run" / "checkpoint.pt")["model"]
    head = {name for name, value in weights.items() if value.shape != learnt[name].shape}
    assert all("output_block" in name for name in head)
    kept = {name: value for name, value in weights.items() if name not in head}
    assert changed(kept, learnt)
    assert not any("stem" in name or "bottleneck" in name for name in changed(kept, learnt))


def test_the_head_stays_new_for_as_many_other_organs(source: Path, config: Config) -> None:
    channels = ("background", "liver", "spleen", "pancreas")
    network = build(network_of(config.changed(organs=channels[1:])))
    head = "unet.output_block.conv.conv"
    assert load_initial(network, source, head, channels) == ()
    new = load_initial(network, source, head, ("background", "spine", "spleen", "pancreas"))
    assert set(new) == {f"{head}.weight", f"{head}.bias"}


def test_frozen_layers_learn_from_an_iteration_on(config: Config, cases: Path, tmp_path: Path) -> None:
    config = config.changed(fit__frozen=2, fit__unfreeze=4)
    fit(config, cases, tmp_path, stop_after=1)
    first = read(tmp_path / "checkpoint.pt")["model"]
    fit(config, cases, tmp_path, stop_after=4)
    frozen = read(tmp_path / "checkpoint.pt")["model"]
    assert "stem.conv.weight" not in changed(first, frozen)
    assert "unet.input_block.conv2.conv.weight" in changed(first, frozen)
    fit(config, cases, tmp_path)
    assert "stem.conv.weight" in changed(frozen, read(tmp_path / "checkpoint.pt")["model"])


def test_weights_of_another_network_are_refused(
    config: Config, cases: Path, tmp_path: Path, source: Path
) -> None:
    network = {"name": "UNet", "arguments": {"filters": [4, 8]}, "multiple": 8}
    with pytest.raises(TrainingError, match="No layer of") as caught:
        fit(config.changed(network=network), cases, tmp_path / "other", initial=source)
    assert caught.value.code == "training.initial_does_not_fit"
