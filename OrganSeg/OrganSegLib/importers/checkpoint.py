"""A checkpoint of PyTorch, a pickle, read without running any of it: tensors and plain values, no more."""

from __future__ import annotations

import pickle
import pickletools
import zipfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from .refusals import damaged, unsafe

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

SIGNATURE = b"PK\x03\x04"  # by which PyTorch tells its zips from its older files
PICKLE_BYTES = 2**28  # of all but the weights: a log of 4000 epochs and 117 organs has a tenth of it
# What plain weights and a training's log are made of. PyTorch's own list is longer: it holds what takes any
# amount of memory, and tensors that are none of numbers one by one.
MADE_OF = {
    *("collections OrderedDict", "collections defaultdict", "_codecs encode"),
    *("torch._utils _rebuild_tensor_v2", "torch device", "torch Size"),
    *("numpy dtype", "numpy.core.multiarray scalar", "numpy._core.multiarray scalar"),
    *(f"torch {kind}Storage" for kind in ("Double", "Float", "Half", "BFloat16")),
    *(f"torch {kind}Storage" for kind in ("Long", "Int", "Short", "Char", "Byte", "Bool")),
}
NUMBERS = ("f2", "f4", "f8", "i4", "i8", "b1")
_ONE_LIST = Lock()  # PyTorch's, of what it trusts, is the same for all threads


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
        with _ONE_LIST, torch.serialization.safe_globals(_plain_values()):
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
    """A zip as PyTorch writes it, whose members are stored as they are and ask for nothing odd."""
    try:
        with path.open("rb") as file:
            begins = file.read(len(SIGNATURE))
        with zipfile.ZipFile(path) as container:
            members = container.infolist()
            pickles = [member for member in members if member.filename.casefold().endswith(".pkl")]
            if begins != SIGNATURE or max(Counter(m.filename.casefold() for m in members).values()) > 1:
                raise damaged(called, "it is no checkpoint of PyTorch as it writes them today")
            if any(member.filename.endswith("/constants.pkl") for member in members):
                raise unsafe(called, "it is TorchScript, which is a program and not just weights")
            if any(member.compress_type != zipfile.ZIP_STORED for member in members):
                raise unsafe(called, "it is compressed, which PyTorch's are not")
            if sum(member.file_size for member in pickles) > PICKLE_BYTES:
                raise damaged(called, "far too much surrounds its weights")
            for member in pickles:
                _check_pickle(container.read(member), called)
    except (zipfile.BadZipFile, OSError, EOFError, ValueError, RuntimeError) as error:
        raise damaged(called, "it is truncated, or no checkpoint of PyTorch") from error


def _check_pickle(content: bytes, called: str) -> None:
    """Refuse one that names anything but `MADE_OF`; nothing is made of it meanwhile.

    Raises:
        ValueError: it is cut off, or no pickle.
    """
    for code, argument, _ in pickletools.genops(content):
        if code.name in ("GLOBAL", "INST") and argument not in MADE_OF:
            raise unsafe(called, f"it wants to run code of its own when it is read ({argument})")


def _plain_values() -> list[Any]:
    """NumPy's numbers, which a log of the training holds, by the names of NumPy 1 and 2."""
    import numpy as np
    from numpy._core.multiarray import scalar

    return [
        (scalar, "numpy.core.multiarray.scalar"),
        (scalar, "numpy._core.multiarray.scalar"),
        (_kind_of_number, "numpy.dtype"),
        *(type(np.dtype(kind)) for kind in NUMBERS),
    ]


def _kind_of_number(kind: str, *_: object) -> np.dtype[Any]:
    """In place of NumPy's own, by which a single value may be as large as the memory."""
    import numpy as np

    if kind not in NUMBERS:
        raise pickle.UnpicklingError(f"{kind!r} is not allowed")
    return np.dtype(kind)


def _tensors(weights: Any, called: str) -> dict[str, Tensor]:
    import torch

    if not isinstance(weights, dict) or not weights:
        raise damaged(called, "it holds no weights")
    if not all(isinstance(name, str) and type(weight) is torch.Tensor for name, weight in weights.items()):
        raise damaged(called, "it holds more than weights by name")
    return dict(weights)
