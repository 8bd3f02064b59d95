"""The commands that train many times, as a researcher calls them."""

from __future__ import annotations

from pathlib import Path

import pytest
from organseg_training.config import load_config

from Testing.training.generated import config_of


@pytest.fixture
def config_file(tmp_path: Path) -> Path:
    (tmp_path / "configs").mkdir()
    path = tmp_path / "configs" / "tiny.yaml"
    people = {"layout": "phantoms", "options": {"count": 3, "region": "abdomen"}}
    network = {"arguments": {"filters": [4, 8, 8]}, "multiple": 8}
    split = {"train": 0.34, "validation": 0.33, "test": 0.33}
    config_of(people, network=network, split=split).save(path)
    return path


def test_a_search_from_the_command_line(call, tmp_path, config_file):
    found = call(
        *("tune", config_file, "--set", "fit.workers=0", "--search", "fit.learning_rate=log:1e-3..1e-2"),
        *("--search", "fit.loss=dice,iou", "--sampler", "random", "--trials", 2),
    )
    assert found.exit_code == 0, found.output
    run = tmp_path / "runs" / "tiny"
    assert 1e-3 <= load_config(run / "best.yaml").fit.learning_rate <= 1e-2
    assert "fit.learning_rate=" in found.output.replace("\n", "")


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("tune", "--search", "fit.leraning_rate=0..1"), "config.unknown_key", "learning_rate"),
        (("tune", "--search", "fit.learning_rate=3..1"), "config.bad_range", "fit.learning_rate"),
        (("tune", "--search", "fit.learning_rate"), "config.bad_value", "KEY=VALUES"),
        (("tune", "--sampler", "lucky", "--space", "classic"), "config.bad_value", "tune.sampler"),
        (("tune",), "config.no_search", "--search"),
        (("compare", "--vary", "fit.loss=bse,dice"), "config.bad_value", "fit.loss"),
        (("transfer", "--from", "nowhere", "--batch-sizes", "1,two"), "config.bad_value", "--batch-sizes"),
        (("crossval", "--folds", "9"), "data.too_few_patients", "9 folds"),
        (("crossval", "--leave-out", "nobody"), "data.unknown_case", "nobody"),
    ],
)
def test_mistakes_are_told(call, config_file, arguments, code, told):
    command, *options = arguments
    failed = call(command, config_file, *options)
    assert failed.exit_code in (9, 10)
    assert code in failed.output
    assert told in failed.output
