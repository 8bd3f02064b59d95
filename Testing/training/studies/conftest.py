"""Four generated people at 12 mm, and a network that learns from them within a second."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from organseg_training.config import Config
from organseg_training.prepare import prepare

FACTS: dict[str, Any] = {
    "name": "tiny",
    "data": [{"layout": "phantoms", "options": {"count": 4, "region": "abdomen"}}],
    "split": {"kind": "percentage", "train": 0.5, "validation": 0.25, "test": 0.25},
    "organs": ["liver", "spleen"],
    "spacing_mm": [12, 12, 12],
    "windows": [{"low": -160, "high": 240, "centre": 40, "scale": 100}],
    "network": {"arguments": {"filters": [4, 8, 8]}, "multiple": 8},
    "augmentation": {"enabled": False},
    "fit": {
        "patches": [[16, 16, 16]],
        "iterations": 2,
        "validate_every": 1,
        "log_every": 1,
        "workers": 0,
        "warmup": 0,
        "ema_decay": 0.5,
    },
}


@pytest.fixture
def config() -> Config:
    return Config.model_validate(FACTS)


@pytest.fixture(scope="session")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Prepared cases, not to be changed."""
    folder = tmp_path_factory.mktemp("cases")
    prepare(Config.model_validate(FACTS), folder)
    return folder


@pytest.fixture
def run(tmp_path: Path, ready: Path) -> Path:
    """A run folder whose cases are prepared."""
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "cases").symlink_to(ready)
    return tmp_path / "run"
