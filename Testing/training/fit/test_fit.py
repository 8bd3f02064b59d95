"""A training as its caller sees it: weights, files, stopping, resuming, errors."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
import torch
from organseg_training.config import Config, load_config
from organseg_training.errors import DataError, TrainingError
from organseg_training.fit import fit, log_entries, trained_weights
from organseg_training.fit.checkpoint import read
from organseg_training.split import Fold

FOLD = Fold(train=("a", "c"), validation=("b",))


def test_stopped_and_resumed_is_bit_identical(config: Config, cases: Path, tmp_path: Path) -> None:
    config = config.changed(augmentation__enabled=True)
    fit(config, cases, tmp_path / "whole", FOLD)
    first = fit(config, cases, tmp_path / "halves", FOLD, stop_after=3)
    second = fit(config, cases, tmp_path / "halves", FOLD)
    assert (first.iterations, second.iterations) == (3, 6)
    whole, halves = (read(tmp_path / run / "checkpoint.pt") for run in ("whole", "halves"))
    for part in ("model", "ema"):
        assert whole[part].keys() == halves[part].keys()
        assert all(torch.equal(value, halves[part][name]) for name, value in whole[part].items())
    for number, moments in whole["optimiser"]["state"].items():
        assert all(torch.equal(v, halves["optimiser"]["state"][number][k]) for k, v in moments.items())


def test_it_learns(config: Config, cases: Path, tmp_path: Path) -> None:
    config = config.changed(fit__iterations=60, fit__validate_every=20, fit__metrics=["recall"])
    result = fit(config, cases, tmp_path / "run", FOLD)
    assert result.best_dice > 0.8
    entries = log_entries(tmp_path / "run")
    assert entries[-1]["loss"] < 0.5 * entries[0]["loss"]
    assert entries[-1]["validation_loss"] < entries[9]["validation_loss"]
    assert entries[-1]["validation_recall_liver"] > 0.8
    assert entries[0]["validation_dice"] is None
    assert max(e["validation_dice"] or 0 for e in entries) == pytest.approx(result.best_dice, rel=1e-5)
