"""A last layer that is left out of the network's passes changes no result."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from OrganSegLib.head import head, is_apart, outputs, trunk
from OrganSegLib.importers import import_models
from OrganSegLib.model import Model, torch_network
from OrganSegLib.postprocess import clean
from OrganSegLib.predict import Logits, predict
from OrganSegLib.preprocess import NetworkInput
from OrganSegLib.restore import restore
from OrganSegLib.scores import argmax_and_entropy
from OrganSegLib.volume import Grid

from Testing.unit.importers.bundles import WHOLE_BODY, make_bundle
from Testing.unit.importers.nnunet_models import Recipe, write_model

GRID = Grid((26, 20, 18), (6.0, 6.0, 6.0))


@pytest.fixture(params=["nnU-Net", "bundle"])
def model(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Model:
    """Four features, or eight, and 30 organs."""
    monkeypatch.setenv("ORGANSEG_MODELS", str(tmp_path / "models"))
    names = {n: f"organ_{n}" for n in range(1, 31)}
    if request.param == "bundle":
        inferer = {**WHOLE_BODY.inferer, "roi_size": [16, 16, 16], "overlap": 0.5}
        return import_models(
            [make_bundle(tmp_path / "bundle", replace(WHOLE_BODY, names=names, inferer=inferer))]
        )
    labels = {"background": 0, **{name: n for n, name in names.items()}}
    return import_models([write_model(tmp_path, Recipe(labels=labels))])


@pytest.fixture
def seen() -> NetworkInput:
    voxels = np.random.default_rng(0).normal(size=(1, *GRID.shape)).astype(np.float32)
    return NetworkInput(voxels, GRID)


def _everything(logits: Logits) -> NDArray[np.float32]:
    z, y, x = (slice(0, n) for n in logits.shape)
    return logits.block(range(31), (z, y, x))


@pytest.mark.parametrize("runtime", ["torch", "openvino"])
def test_features_are_blended_in_place_of_logits(runtime: str, model: Model, seen: NetworkInput) -> None:
    logits, info = predict(model, seen, "cpu", runtime, precision="fp32")
    assert info.tiles == 12
    assert outputs(model.plan) == len(logits.values) == (4 if model.plan.nnunet else 8)
    whole = _everything(logits)
    assert whole.shape == (31, *GRID.shape)
    np.testing.assert_allclose(logits.channel(7), whole[7], atol=1e-5)
    assert whole.std() > 0.1


def test_the_head_makes_of_features_what_the_network_gives(model: Model) -> None:
    last = head(model)
    assert last is not None
    seen = torch.randn(1, 1, 16, 16, 16)
    with torch.inference_mode():
        features, expected = trunk(model)(seen)[0].numpy(), torch_network(model)(seen)[0].numpy()
    np.testing.assert_allclose(last(features, range(31)), expected, atol=1e-5)
    np.testing.assert_allclose(last(features, [7, 3]), expected[[7, 3]], atol=1e-5)


def test_everything_after_the_network_sees_the_same(model: Model, seen: NetworkInput) -> None:
    apart, _ = predict(model, seen, "cpu", "torch")
    whole = Logits(_everything(apart), apart.grid)
    (labels, entropy), (raw, wanted) = (argmax_and_entropy(logits, model.plan) for logits in (apart, whole))
    expected, _ = clean(raw, GRID, model.plan)
    assert (labels == raw).mean() > 0.999
    np.testing.assert_allclose(entropy, wanted, atol=1e-5)
    fine = Grid((52, 40, 36), (3.0, 3.0, 3.0), (-1.5, -1.5, -1.5))
    found, wanted = (restore(logits, expected, model.plan, fine).voxels for logits in (apart, whole))
    assert (found == wanted).mean() > 0.999


def test_it_stays_where_it_saves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORGANSEG_MODELS", str(tmp_path / "models"))
    small = import_models([write_model(tmp_path)])
    assert not is_apart(small.plan)
    assert head(small) is None
    assert outputs(small.plan) == 4
    flat = replace(small.plan, network={"name": "UNet", "arguments": {"spatial_dims": 3, "filters": [2]}})
    assert not is_apart(flat)
