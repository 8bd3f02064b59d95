"""Four generated people at 12 mm, and a network that learns from them within a second."""

from __future__ import annotations

from pathlib import Path

import pytest
from organseg_training.config import Config
from organseg_training.prepare import prepare

from Testing.training.generated import QUICKLY, config_of


@pytest.fixture(scope="session")
def config() -> Config:
    return config_of(
        {"layout": "phantoms", "options": {"count": 4, "region": "abdomen"}},
        split={"kind": "percentage", "train": 0.5, "validation": 0.25, "test": 0.25},
        spacing_mm=(12, 12, 12),
        network={"arguments": {"filters": [4, 8, 8]}, "multiple": 8},
        augmentation={"enabled": False},
        fit={**QUICKLY, "iterations": 2, "validate_every": 1, "log_every": 1},
    )


@pytest.fixture(scope="session")
def ready(config: Config, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Prepared cases, not to be changed."""
    folder = tmp_path_factory.mktemp("cases")
    prepare(config, folder)
    return folder


@pytest.fixture
def run(tmp_path: Path, ready: Path) -> Path:
    """A run folder whose cases are prepared."""
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "cases").symlink_to(ready)
    return tmp_path / "run"
