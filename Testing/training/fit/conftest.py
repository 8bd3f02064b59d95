"""Generated cases that a tiny network learns within seconds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from organseg_training.case import Case
from organseg_training.config import Config
from organseg_training.manifest import Manifest, Record

from Testing.training.generated import PAIRS, QUICKLY, config_of

SHAPE = (20, 24, 28)
NAMES = ("a", "b", "c")
FIT = {**QUICKLY, "iterations": 6, "learning_rate": 0.01, "log_every": 2}


@pytest.fixture
def config() -> Config:
    network = {"arguments": {"filters": [4, 8, 8]}, "multiple": 16}
    plain = {"enabled": False}
    return config_of(PAIRS, spacing_mm=(3, 3, 3), network=network, augmentation=plain, seed=3, fit=FIT)


@pytest.fixture
def flat(config: Config) -> Config:
    """The same for a 2D network."""
    network = {"name": "UNet", "arguments": {"filters": [4, 8], "norm": "batch"}, "multiple": 4}
    return config.changed(dimensions=2, network=network, fit__patches=[[16, 16, 1]], fit__batch_size=2)


@pytest.fixture
def cases(tmp_path: Path) -> Path:
    """Three people with a bright liver and a brighter spleen; of ``c`` only the liver is known."""
    folder = tmp_path / "cases"
    folder.mkdir()
    records = {}
    for number, name in enumerate(NAMES):
        case = make_case(name, number)
        case.save(folder)
        records[name] = Record(
            patient=name,
            role="train",
            weight=1.0,
            known=case.known,
            shape=SHAPE,
            spacing_mm=case.spacing_mm,
            scan_size=SHAPE[::-1],
            scan_spacing_mm=case.spacing_mm,
            licence="generated",
            files={},
            digest=name,
            content=name,
        )
    Manifest(records).save(folder)
    return folder


def make_case(name: str, number: int) -> Case:
    rng = np.random.default_rng(number)
    labels = np.zeros(SHAPE, np.uint8)
    labels[4:14, 5:15, 2 + number : 12 + number] = 1
    labels[6:16, 8:18, 16:24] = 2
    hu = np.array([-50, 100, 200])[labels] + rng.normal(0, 15, SHAPE)
    known = ("liver", "spleen")
    if name == "c":
        labels[labels == 2] = 0
        known = ("liver",)
    return Case(name, hu.astype(np.int16), labels, known, (3.0, 3.0, 3.0))
