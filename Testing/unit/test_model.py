from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from OrganSegLib import model as model_module
from OrganSegLib.errors import ModelError
from OrganSegLib.model import (
    CARD,
    PLAN,
    WEIGHTS,
    installed_models,
    load_model,
    save_model_folder,
    torch_network,
)
from OrganSegLib.networks import build
from OrganSegLib.plan import Plan
from OrganSegLib.sealed import CHECKSUMS, sha256
from safetensors.torch import load_file, save_file


def reseal(folder: Path) -> None:
    """New checksums over whatever lies there, so that a test reaches what comes after them."""
    lines = [f"{sha256(folder / name)}  {name}\n" for name in (PLAN, WEIGHTS, CARD)]
    (folder / CHECKSUMS).write_text("".join(lines))


def refusal(action: Callable[[], object]) -> ModelError:
    with pytest.raises(ModelError) as caught:
        action()
    assert caught.value.next_step
    return caught.value


def test_a_saved_model_comes_back_with_its_weights(tiny_plan: Plan, tmp_path: Path) -> None:
    torch.manual_seed(3)
    state = build(tiny_plan.network).state_dict()
    save_model_folder(tmp_path / "model", tiny_plan, state, "# Card\n")
    model = load_model(tmp_path / "model")
    assert model.plan == tiny_plan
    assert (model.folder / "MODEL_CARD.md").read_text() == "# Card\n"
    network = torch_network(model)
    assert not network.training
    for name, tensor in network.state_dict().items():
        assert tensor.dtype == torch.float32
        assert torch.equal(tensor, state[name].half().float())


def test_weights_are_stored_once_in_float16(tiny_model: Path) -> None:
    stored = load_file(tiny_model / WEIGHTS)
    parameters = sum(p.numel() for p in torch_network(load_model(tiny_model)).parameters())
    assert {tensor.dtype for tensor in stored.values()} == {torch.float16}
    assert sum(tensor.numel() for tensor in stored.values()) == parameters


def test_models_are_equal_where_their_content_is(tiny_model: Path) -> None:
    first = load_model(tiny_model)
    assert load_model(str(tiny_model)) == first
    reseal(tiny_model)
    assert load_model(tiny_model) != first


@pytest.mark.parametrize("name", [PLAN, WEIGHTS])
def test_a_changed_file_is_refused(tiny_model: Path, name: str) -> None:
    with (tiny_model / name).open("ab") as file:
        file.write(b" ")
    error = refusal(lambda: load_model(tiny_model))
    assert error.code == "model.checksum"
    assert name in error.sentence


def test_a_model_without_checksums_is_refused(tiny_model: Path) -> None:
    (tiny_model / CHECKSUMS).unlink()
    assert refusal(lambda: load_model(tiny_model)).code == "model.checksum"


def test_weights_outside_of_the_folder_are_refused(tiny_model: Path) -> None:
    outside = tiny_model.parent / "elsewhere"
    (tiny_model / WEIGHTS).rename(outside)
    (tiny_model / WEIGHTS).symlink_to(outside)
    error = refusal(lambda: load_model(tiny_model))
    assert (error.code, "outside" in error.sentence) == ("model.checksum", True)


@pytest.mark.parametrize(("name", "code"), [(PLAN, "model.no_plan"), (WEIGHTS, "model.no_weights")])
def test_a_missing_file_is_named(tiny_model: Path, name: str, code: str) -> None:
    (tiny_model / name).unlink()
    assert refusal(lambda: load_model(tiny_model)).code == code


def test_weights_that_vanish_after_loading_are_named(tiny_model: Path) -> None:
    model = load_model(tiny_model)
    (tiny_model / WEIGHTS).unlink()
    assert refusal(lambda: torch_network(model)).code == "model.no_weights"


@pytest.mark.parametrize(
    "damaged",
    [
        pytest.param(lambda stored: {**stored, next(iter(stored)): torch.zeros(7)}, id="shape"),
        pytest.param(lambda stored: dict(list(stored.items())[1:]), id="missing"),
        pytest.param(lambda stored: {**stored, "more": torch.zeros(1)}, id="unexpected"),
        pytest.param(lambda stored: {k: t * np.nan for k, t in stored.items()}, id="undefined"),
    ],
)
def test_weights_that_do_not_fit_are_refused(tiny_model: Path, damaged: Callable[[Any], Any]) -> None:
    save_file(damaged(load_file(tiny_model / WEIGHTS)), tiny_model / WEIGHTS)
    reseal(tiny_model)
    model = load_model(tiny_model)
    assert refusal(lambda: torch_network(model)).code == "model.bad_weights"


def test_weights_in_another_format_are_refused(tiny_model: Path) -> None:
    torch.save({"weight": torch.zeros(1)}, tiny_model / WEIGHTS)
    reseal(tiny_model)
    model = load_model(tiny_model)
    assert refusal(lambda: torch_network(model)).code == "model.bad_weights"


@pytest.mark.parametrize(
    ("network", "code"),
    [
        ({"name": "os.system", "arguments": {}}, "model.unknown_network"),
        ({"name": "SubpixelUNet", "arguments": {"depth": 3}}, "model.bad_plan"),
        (
            {
                "name": "SubpixelUNet",
                "arguments": {"in_channels": 1, "out_channels": 22, "filters": [4, 8, 8]},
            },
            "model.bad_plan",
        ),
    ],
)
def test_a_network_that_cannot_be_is_refused(tiny_model: Path, network: dict[str, Any], code: str) -> None:
    dataclasses.replace(load_model(tiny_model).plan, network=network).save(tiny_model / PLAN)
    reseal(tiny_model)
    model = load_model(tiny_model)
    assert refusal(lambda: torch_network(model)).code == code


def test_a_plan_with_impossible_values_is_refused(tiny_model: Path) -> None:
    text = (tiny_model / PLAN).read_text()
    (tiny_model / PLAN).write_text(text.replace('"channels": 22', '"channels": 5'))
    reseal(tiny_model)
    assert refusal(lambda: load_model(tiny_model)).code == "model.bad_plan"


def test_weights_of_another_network_are_not_saved(tiny_plan: Plan, tmp_path: Path) -> None:
    error = refusal(lambda: save_model_folder(tmp_path / "m", tiny_plan, {"a": torch.zeros(1)}, ""))
    assert error.code == "model.bad_weights"
    assert list(tmp_path.iterdir()) == []


def test_weights_beyond_float16_are_not_saved(tiny_plan: Plan, tmp_path: Path) -> None:
    state = {name: tensor * 1e9 for name, tensor in build(tiny_plan.network).state_dict().items()}
    assert (
        refusal(lambda: save_model_folder(tmp_path / "m", tiny_plan, state, "")).code == "model.bad_weights"
    )
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def installation(tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.move(tiny_model, tmp_path / "Resources" / "Models" / "tiny")
    monkeypatch.setattr(model_module, "resources_dir", lambda: tmp_path / "Resources")
    return tmp_path / "Resources" / "Models"


def test_an_installed_model_is_found_by_name(installation: Path) -> None:
    assert load_model("tiny").folder == installation / "tiny"
    assert [model.plan.name for model in installed_models()] == ["tiny"]


def test_a_missing_model_names_the_installed_ones(installation: Path) -> None:
    assert installation.is_dir()
    error = refusal(lambda: load_model("huge"))
    assert error.code == "model.not_found"
    assert "tiny" in error.next_step
