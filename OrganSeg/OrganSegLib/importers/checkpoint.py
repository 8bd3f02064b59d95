"""A checkpoint of PyTorch, a pickle, read without running any of it: tensors and plain values, no more."""

from __future__ import annotations

import pickle
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .refusals import damaged, unsafe

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Checkpoint:
    """What an import needs of it.

    Attributes:
        configuration: which of the plans' configurations was trained.
        trainer: name of nnU-Net's trainer class.
        weights: of the network, by nnU-Net's names.
    """

    configuration: str
    trainer: str
    weights: dict[str, Tensor]


def read_checkpoint(path: Path, called: str) -> Checkpoint:
    """Read a ``checkpoint_final.pth`` of nnU-Net.

    Args:
        path: of the file.
        called: what to call it in an error.

    Raises:
        ModelError: ``model.import_unsafe`` when it asks for anything but tensors, numbers and words;
            ``model.import_damaged`` when it is truncated or no checkpoint.
    """
    content = _content(path, called)
    try:
        configuration = content["init_args"]["configuration"]
        trainer, weights = content["trainer_name"], content["network_weights"]
    except (KeyError, TypeError, IndexError) as error:
        raise damaged(called, "it is no checkpoint of nnU-Net v2") from error
    if not (isinstance(configuration, str) and isinstance(trainer, str)):
        raise damaged(called, "it is no checkpoint of nnU-Net v2")
    return Checkpoint(configuration, trainer, _tensors(weights, called))


def read_weights(path: Path, called: str, key: str) -> dict[str, Tensor]:
    """Read a file of weights by name, or of several things, the weights being ``key``.

    Raises:
        ModelError: as `read_checkpoint`.
    """
    content = _content(path, called)
    if isinstance(content, dict) and isinstance(content.get(key), dict):
        content = content[key]
    return _tensors(content, called)


def _content(path: Path, called: str) -> Any:
    import torch

    _check_container(path, called)
    try:
        with torch.serialization.safe_globals(_plain_values()):
            return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        if "Unsupported" in str(error) or "not allowed" in str(error):
            raise unsafe(called, "it wants to run code of its own when it is read") from error
        raise damaged(called, "it does not hold what a checkpoint does") from error
    except (
        *(RuntimeError, OSError, EOFError, MemoryError, AssertionError),
        *(AttributeError, LookupError, TypeError, ValueError),
    ) as error:
        raise damaged(called, "it does not hold what a checkpoint does") from error


def _check_container(path: Path, called: str) -> None:
    """A zip whose members are stored as they are, as PyTorch writes it."""
    if not zipfile.is_zipfile(path):
        raise damaged(called, "it is truncated, or no checkpoint of PyTorch")
    try:
        with zipfile.ZipFile(path) as container:
            members = container.infolist()
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise damaged(called, "it is truncated, or no checkpoint of PyTorch") from error
    if any(member.filename.endswith("/constants.pkl") for member in members):
        raise unsafe(called, "it is TorchScript, which is a program and not just weights")
    if any(member.compress_type != zipfile.ZIP_STORED for member in members):
        raise unsafe(called, "it is compressed, which PyTorch's are not")


def _plain_values() -> list[Any]:
    """NumPy's numbers, which a log of the training holds, by the names of NumPy 1 and 2."""
    import numpy as np
    from numpy._core.multiarray import scalar

    types = (np.float16, np.float32, np.float64, np.int32, np.int64, np.bool_)
    return [
        (scalar, "numpy.core.multiarray.scalar"),
        scalar,
        np.dtype,
        *(type(np.dtype(kind)) for kind in types),
    ]


def _tensors(weights: Any, called: str) -> dict[str, Tensor]:
    import torch

    if not isinstance(weights, dict) or not weights:
        raise damaged(called, "it holds no weights")
    if not all(isinstance(name, str) and type(weight) is torch.Tensor for name, weight in weights.items()):
        raise damaged(called, "it holds more than weights by name")
    return dict(weights)
