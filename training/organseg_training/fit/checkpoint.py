"""Checkpoint files: written whole or not at all, read without running code."""

from __future__ import annotations

import io
import pickle
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ..errors import TrainingError
from ..files import replacing
from ..run_folder import BEST, CHECKPOINT


def write(path: Path, parts: dict[str, Any]) -> None:
    """Save tensors and plain values under ``path``, atomically."""
    content = io.BytesIO()  # writing to a file, PyTorch would not tell that the disk is full
    torch.save(parts, content)
    with replacing(path) as temporary:
        temporary.write_bytes(content.getbuffer())


def read(path: Path) -> dict[str, Any]:
    """What `write` saved, on the CPU.

    Raises:
        TrainingError: ``training.no_checkpoint``, ``training.bad_checkpoint``.
    """
    try:
        parts: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError as error:
        raise TrainingError(
            "training.no_checkpoint", f"There is no {path}.", "Run `organseg-train fit` first."
        ) from error
    except (RuntimeError, EOFError, pickle.UnpicklingError) as error:
        raise TrainingError(
            "training.bad_checkpoint",
            f"The checkpoint {path} is damaged and cannot be read.",
            "Delete it to begin anew, or put a copy in its place.",
        ) from error
    return parts


def averaged_weights(parts: dict[str, Any]) -> dict[str, Tensor]:
    """The averaged weights in a checkpoint, under the network's own names."""
    return {
        name.removeprefix("module."): value for name, value in parts["ema"].items() if name != "n_averaged"
    }


def trained_weights(run: Path) -> dict[str, Tensor]:
    """The weights that a run has to offer: the best ones by validation, or the last where there was none.

    Raises:
        TrainingError: as `read`.
    """
    best = run / BEST
    return averaged_weights(read(best if best.exists() else run / CHECKPOINT))
