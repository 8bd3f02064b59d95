"""Fixtures that several test files share: generated people, tiny networks, and a run made of them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from organseg_training.config import Config
from organseg_training.export import export
from organseg_training.fit import fit
from organseg_training.prepare import prepare
from organseg_training.split import Fold

os.environ["OMP_NUM_THREADS"] = "1"  # of processes that tests start, see `_one_thread`

ABDOMEN = {"region": "abdomen", "spacing_mm": [8, 8, 12]}
PEOPLE: dict[str, Any] = {
    "name": "people",
    "description": "Finds next to nothing, quickly.",
    "data": [
        {"layout": "phantoms", "licence": "CC0-1.0", "options": {**ABDOMEN, "count": 2}},
        {
            "layout": "phantoms",
            "role": "check",
            "licence": "generated",
            "options": {**ABDOMEN, "first_seed": 7},
        },
    ],
    "organs": ["liver", "spleen", "kidney_left", "kidney_right"],
    "spacing_mm": [8, 8, 12],
    "windows": [{"low": -1000, "high": 500, "centre": 0, "scale": 300}],
    "network": {"name": "SubpixelUNet", "arguments": {"filters": [4, 8, 8]}, "multiple": 8},
    "augmentation": {"enabled": False},
    "fit": {
        "patches": [[16, 16, 16]],
        "iterations": 2,
        "precision": "fp32",
        "warmup": 1,
        "workers": 0,
        "ema_decay": 0.5,
    },
    "card": {"limits": "Everywhere: it has hardly learnt."},
}
FLAT: dict[str, Any] = {
    "dimensions": 2,
    "spacing_mm": [8, 8, 0],
    "network": {"name": "UNet", "arguments": {"filters": [4, 8]}, "multiple": 4},
    "fit__patches": [[16, 16, 1]],
    "fit__batch_size": 2,
}


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keeps the tests, and the processes they start, out of the user's cache."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ORGANSEG_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    """Tiny networks gain nothing from threads, which wait for each other on a busy machine.

    Set before each test, since the engine takes all cores when it runs.
    """
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def people() -> Config:
    """Two generated people to learn from, and one to check on; a tiny network of 3D."""
    return Config.model_validate(PEOPLE)


@pytest.fixture(scope="session")
def people_run(people: Config, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that learnt from one of them for a moment, with its exported model. Not to be changed."""
    return trained(people, tmp_path_factory.mktemp("runs") / "people")


@pytest.fixture(scope="session")
def flat_people(people: Config) -> Config:
    """The same for a network of 2D, on the scan's own slices."""
    return people.changed(**FLAT)


@pytest.fixture(scope="session")
def flat_run(flat_people: Config, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As `people_run`, of 2D."""
    return trained(flat_people, tmp_path_factory.mktemp("runs") / "flat")


def trained(config: Config, run: Path) -> Path:
    """Prepare, fit, export."""
    prepare(config, run / "cases")
    fit(config, run / "cases", run, Fold(("phantom_000",), ("phantom_001",)))
    export(config, run, run / "model")
    return run
