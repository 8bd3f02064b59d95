"""What a model folder's file of weights holds, all of it or that of some of its networks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .model import WEIGHTS, Model, bad_weights, no_weights

if TYPE_CHECKING:
    from torch import nn


def fill(network: nn.Module, model: Model) -> None:
    """Give a network its weights.

    Raises:
        FileNotFoundError, SafetensorError, RuntimeError, OSError: there are none, or not the network's.
    """
    from safetensors.torch import load_file, load_model

    path = str(model.folder / WEIGHTS)
    if model.members is None:  # not by load_file: layers may have two names, see `save_model_folder`
        load_model(network, path)
        return
    weights = load_file(path)
    own = {
        here + name.removeprefix(there): weight
        for there, here in _places(model)
        for name, weight in weights.items()
        if name.startswith(there)
    }
    network.load_state_dict(own)


def stored(model: Model, name: str) -> NDArray[Any]:
    """One array, by its name in the network; torch is not needed.

    Raises:
        ModelError: ``model.no_weights`` or ``model.bad_weights``.
    """
    there, here = next(place for place in _places(model) if name.startswith(place[1]))
    with _opened(model) as weights:
        return np.asarray(weights.get_tensor(there + name.removeprefix(here)))


def stored_in_half(model: Model) -> bool:
    """Whether the stored weights are float16.

    Raises:
        ModelError: ``model.no_weights`` or ``model.bad_weights``.
    """
    with _opened(model) as weights:
        return all(weights.get_slice(name).get_dtype() == "F16" for name in weights.keys())  # noqa: SIM118


@contextmanager
def _opened(model: Model) -> Iterator[Any]:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(model.folder / WEIGHTS, "numpy") as weights:
            yield weights
    except FileNotFoundError as error:
        raise no_weights(model.folder) from error
    except (SafetensorError, OSError) as error:
        raise bad_weights(model.folder, str(error)) from error


def _places(model: Model) -> list[tuple[str, str]]:
    """How names of weights begin in the file and in the network, for each of the model's members."""
    if model.members is None:
        return [("", "")]
    alone = len(model.members) == 1
    return [(f"members.{m}.", "" if alone else f"members.{n}.") for n, m in enumerate(model.members)]
