"""Files that would run code if they were read carelessly; each would make a folder."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from organseg_training.case import UNREADABLE, Case
from organseg_training.config import load_config
from organseg_training.errors import ConfigError, TrainingError
from organseg_training.fit.checkpoint import read


class Bomb:
    """Makes a folder when it is unpickled."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.folder),)


def test_a_checkpoint_runs_nothing(tmp_path: Path) -> None:
    torch.save({"ema": Bomb(tmp_path / "exploded")}, tmp_path / "checkpoint.pt")
    with pytest.raises(TrainingError) as caught:
        read(tmp_path / "checkpoint.pt")
    assert caught.value.code == "training.bad_checkpoint"
    assert not (tmp_path / "exploded").exists()


@pytest.mark.parametrize("mapped", [False, True])
def test_a_case_runs_nothing(tmp_path: Path, mapped: bool) -> None:
    np.savez(tmp_path / "case.npz", hu=np.array([Bomb(tmp_path / "exploded")], object))
    with pytest.raises(UNREADABLE):
        Case.load(tmp_path / "case.npz", mapped)
    assert not (tmp_path / "exploded").exists()


def test_a_configuration_runs_nothing(tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(f"name: !!python/object/apply:os.mkdir ['{tmp_path / 'exploded'}']\n")
    with pytest.raises(ConfigError):
        load_config(config)
    assert not (tmp_path / "exploded").exists()
