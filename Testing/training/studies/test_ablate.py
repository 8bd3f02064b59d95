"""One thing changed at a time, also in the data."""

from __future__ import annotations

from pathlib import Path

import pytest
from organseg_training.config import Config
from organseg_training.errors import ConfigError, TrainingError
from organseg_training.manifest import Manifest
from organseg_training.studies.ablate import ablate

from Testing.training.generated import QUICKLY, config_of


def recipe(**ablation: object) -> Config:
    """Two people to learn from and one to judge by."""
    return config_of(
        {"layout": "phantoms", "options": {"count": 1, "region": "abdomen"}},
        {"layout": "phantoms", "options": {"count": 1, "region": "abdomen", "first_seed": 5}},
        {
            "layout": "phantoms",
            "role": "check",
            "options": {"count": 1, "region": "abdomen", "first_seed": 9},
        },
        spacing_mm=(12, 12, 12),
        network={"arguments": {"filters": [4, 8, 8]}, "multiple": 8},
        augmentation={"enabled": False},
        fit={**QUICKLY, "iterations": 9},
        ablation=ablation,
    )


def test_each_training_differs_in_what_it_names(tmp_path: Path) -> None:
    changes = {"as it is": {}, "longer": {"fit.iterations": 3}, "one person": {"data.1.weight": 0}}
    config = recipe(settings={"fit.iterations": 2}, changes=changes)
    result = ablate(config, tmp_path)
    assert result.left == 0
    assert [(row["training"], row["iterations"]) for row in result.rows] == [
        ("as it is", 2),
        ("longer", 3),
        ("one person", 2),
    ]
    for row in result.rows:
        organs = [row[organ] for organ in config.organs]
        assert all(0 <= dice <= 1 for dice in organs if dice is not None)
        assert row["mean Dice"] is not None
    weights = {
        name: [
            record.weight for record in Manifest.load(tmp_path / "ablation" / name / "cases").cases.values()
        ]
        for name in ("as it is", "one person")
    }
    assert weights["one person"][1] == 0 < weights["as it is"][1]
    assert (tmp_path / "ablation.md").read_text(encoding="utf-8").count("\n") == 5
    again = ablate(config, tmp_path)
    assert again.rows == result.rows


def test_pseudo_labels_must_be_there(tmp_path: Path) -> None:
    config = recipe(changes={"with more": {}}, pseudo_labels=["with more"])
    with pytest.raises(TrainingError) as caught:
        ablate(config, tmp_path)
    assert caught.value.code == "training.no_pseudo_labels"


@pytest.mark.parametrize(
    ("changes", "code"),
    [({}, "config.nothing_to_ablate"), ({"typing error": {"fit.iteration": 2}}, "config.unknown_key")],
)
def test_the_section_is_checked_before_anything_is_trained(
    changes: dict[str, dict[str, int]], code: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError) as caught:
        ablate(recipe(changes=changes), tmp_path)
    assert caught.value.code == code
    assert not list(tmp_path.iterdir())
