"""The configurations that are shipped can be read, and the engine can run what they train."""

from __future__ import annotations

from pathlib import Path

import pytest
from organseg_training.config import load_config
from organseg_training.plan import make_plan
from OrganSegLib.networks import build

CONFIGS = sorted((Path(__file__).resolve().parents[2] / "training" / "configs").glob("*.yaml"))


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_a_shipped_configuration_describes_a_model(path: Path) -> None:
    config = load_config(path)
    assert config.name == path.stem
    plan = make_plan(config, config.left_out)
    assert [label.organ.name for label in plan.labels] == [
        organ for organ in config.organs if organ not in config.left_out
    ]
    assert sum(p.numel() for p in build(plan.network).parameters()) > 1000
