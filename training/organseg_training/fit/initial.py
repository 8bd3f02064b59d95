"""Weights to begin from: another run's, or those of a model folder."""

from __future__ import annotations

from pathlib import Path

from monai.networks.utils import copy_model_state
from OrganSegLib.model import PLAN, load_model, torch_network
from torch import Tensor, nn

from ..errors import TrainingError
from .checkpoint import CHECKPOINT, averaged_weights, read, trained_weights


def load_initial(network: nn.Module, source: Path) -> tuple[str, ...]:
    """Copy every weight whose name and shape are the network's own; the others, as a new head, stay new.

    Args:
        network: to be changed.
        source: run folder, checkpoint file, or model folder (or the name of an installed model).

    Returns:
        Names of the weights that stayed new.

    Raises:
        TrainingError: ``training.initial_does_not_fit`` when not a single layer of the source fits, or as
            `checkpoint.read`.
        ModelError: when a model folder cannot be used.
    """
    _, copied, new = copy_model_state(network, _weights(source))
    if not copied:
        raise TrainingError(
            "training.initial_does_not_fit",
            f"No layer of {source} has the name and shape of one in this configuration's network.",
            "Use the same network and filters as the training that made those weights.",
        )
    return tuple(new)


def _weights(source: Path) -> dict[str, Tensor]:
    if source.is_file():
        return averaged_weights(read(source))
    if (source / CHECKPOINT).is_file():
        return trained_weights(source)
    model = load_model(source if (source / PLAN).is_file() else str(source))
    return dict(torch_network(model).state_dict())
