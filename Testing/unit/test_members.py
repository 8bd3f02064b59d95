"""Models of several networks: each runs by itself, and only if its organs are wanted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from OrganSegLib import stored_weights
from OrganSegLib.importers import import_models
from OrganSegLib.members import members, needed
from OrganSegLib.model import Model, load_model, torch_network
from OrganSegLib.phantom import make_phantom
from OrganSegLib.pipeline import Options, preload, segment
from OrganSegLib.predict import predict
from OrganSegLib.preprocess import preprocess
from OrganSegLib.runtime_torch import _network as loaded
from OrganSegLib.volume import Scan

from Testing.unit.importers.nnunet_models import Recipe, write_model

MM = (12.0, 12.0, 12.0)
PARTS = [{"liver": 1, "spleen": 2}, {"aorta": 1}, {"pancreas": 1, "stomach": 2}]


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Model:
    """Three networks; of the second there are two folds."""
    monkeypatch.setenv("ORGANSEG_MODELS", str(tmp_path / "models"))
    recipes = [
        Recipe(
            dataset=f"Dataset{n}_part", labels={"background": 0, **labels}, seed=9 * n, spacing=MM,
            folds=("0", "1") if n == 1 else ("0",), filters=(4, 6),
            kernels=((3, 3, 3),) * 2, strides=((1, 1, 1), (2, 2, 2)), blocks=(1, 1), decoder_blocks=(1,),
        )
        for n, labels in enumerate(PARTS)
    ]  # fmt: skip
    return import_models([write_model(tmp_path, recipe) for recipe in recipes])


@pytest.fixture(scope="module")
def scan() -> Scan:
    return make_phantom(seed=2, spacing_mm=MM, region="abdomen")[0]


@pytest.mark.parametrize("runtime", ["torch", "openvino"])
def test_networks_that_run_by_themselves_give_what_they_give_together(
    runtime: str, model: Model, scan: Scan
) -> None:
    seen = preprocess(scan, model.plan)
    logits, info = predict(model, seen, "cpu", runtime, precision="fp32")
    tiles = [predict(one, replace(seen, voxels=seen.voxels[n : n + 1]), "cpu", runtime)[1].tiles
             for n, one in enumerate(members(model))]  # fmt: skip
    assert info.tiles == sum(tiles)
    tile = seen.voxels[None, :, :16, :16, :16]
    with torch.inference_mode():
        together = torch_network(model)(torch.from_numpy(tile.copy()))[0].numpy()
        apart = [torch_network(one)(torch.from_numpy(tile[:, n : n + 1].copy()))[0].numpy()
                 for n, one in enumerate(members(model))]  # fmt: skip
    np.testing.assert_allclose(together[1:], np.concatenate([p[1:] - p[:1] for p in apart]), atol=1e-5)
    assert logits.values.shape == (6, *seen.grid.shape)
    assert not logits.values[0].any()


def test_networks_of_other_organs_are_neither_loaded_nor_run(
    model: Model, scan: Scan, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = Options(runtime="torch", surfaces=False)
    everything = segment(scan, model, options)
    loaded.cache_clear()
    read: list[tuple[int, ...] | None] = []
    fill = stored_weights.fill
    monkeypatch.setattr(stored_weights, "fill", lambda net, one: (read.append(one.members), fill(net, one)))
    some = segment(scan, model, replace(options, organs=("stomach", "liver")))
    assert read == [(0,), (2,)]
    assert 3 * some.run["tiles"] == 2 * everything.run["tiles"]
    assert [organ.name for organ in some.labelmap.organs.values()] == ["liver", "stomach"]
    assert set(some.labelmap.organs) == {1, 5}
    assert [found.name for found in some.measurements] == ["liver", "stomach"]
    # Where the network that did not run had claimed nothing, all is as before.
    same = everything.labelmap.voxels != 3
    kept = np.where(np.isin(everything.labelmap.voxels, (1, 5)), everything.labelmap.voxels, 0)
    assert {*np.unique(kept[same])} == {0, 1, 5}
    assert np.mean(some.labelmap.voxels[same] == kept[same]) > 0.999


def test_a_second_run_loads_nothing_again(model: Model, scan: Scan) -> None:
    options = Options(runtime="torch", surfaces=False)
    loaded.cache_clear()
    preload(model, options)
    assert loaded.cache_info().misses == 3
    segment(scan, model, options)
    segment(scan, model, replace(options, organs=("aorta",)))
    assert loaded.cache_info().misses == 3


def test_other_models_stay_as_they_are(tiny_model: Path) -> None:
    model = load_model(tiny_model)
    assert members(model) == [model]
    smaller, values = needed(model, {2})
    assert smaller is model
    assert values == {value: value for value in model.plan.organs}
