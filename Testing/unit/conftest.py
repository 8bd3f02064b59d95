"""Fixtures that several test files share."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from OrganSegLib.organs import catalogue
from OrganSegLib.phantom import LABELS
from OrganSegLib.plan import Label, Plan, Window


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keeps the tests, and the processes they start, out of the user's cache and models."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ORGANSEG_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("ORGANSEG_MODELS", str(tmp_path_factory.mktemp("models")))
        yield


@pytest.fixture(scope="session")
def tiny_plan() -> Plan:
    """The shipped plan's windows and labels over a network small enough for tests."""
    return Plan(
        name="tiny",
        version="0",
        description="Random weights, for tests.",
        spacing_mm=(3.0, 3.0, 3.0),
        windows=(Window(-1000, 1000, 0, 500), Window(-160, 240, 40, 100)),
        patch=(32, 32, 32),
        multiple=16,
        network={
            "name": "SubpixelUNet",
            "arguments": {"in_channels": 2, "out_channels": 22, "filters": [4, 8, 8]},
        },
        channels=22,
        labels=tuple(Label(n, n, catalogue()[name]) for name, n in LABELS.items()),
        licence="CC0-1.0",
    )


@pytest.fixture(scope="session")
def foreign_plan(tiny_plan: Plan) -> Plan:
    """As imported: HU as they are, 2 mm, a small patch."""
    return replace(
        tiny_plan,
        windows=(Window(-32768, 32767, 0, 1),),
        network={"name": "NnUNet", "arguments": {"in_channels": 1, "out_channels": 22, "filters": [4, 8]}},
        spacing_mm=(2.0, 2.0, 2.0),
        patch=(8, 8, 8),
        multiple=2,
        field_of_view="patch",
    )


@pytest.fixture(scope="session")
def _tiny_model_folder(tiny_plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> Path:
    import torch
    from OrganSegLib.model import save_model_folder
    from OrganSegLib.networks import build

    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("models") / tiny_plan.name
    save_model_folder(folder, tiny_plan, build(tiny_plan.network).state_dict(), "# Tiny\n")
    return folder


@pytest.fixture
def tiny_model(_tiny_model_folder: Path, tmp_path: Path) -> Path:
    """A model folder of the test's own, to load or to damage: `tiny_plan` with fixed random weights."""
    return Path(shutil.copytree(_tiny_model_folder, tmp_path / "tiny"))
