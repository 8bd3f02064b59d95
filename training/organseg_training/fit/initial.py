"""Weights to begin from: another run's, or those of a model folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from OrganSegLib.model import PLAN, load_model, torch_network
from torch import Tensor, nn

from ..errors import TrainingError
from ..run_folder import CHECKPOINT
from .checkpoint import averaged_weights, read, trained_weights


def load_initial(network: nn.Module, source: Path, head: str, channels: Sequence[str]) -> tuple[str, ...]:
    """Copy every weight whose name and shape are the network's own; the others stay new.

    The head stays new, too, where the source's finds other organs, even if as many.

    Args:
        network: to be changed.
        source: run folder, checkpoint file, or model folder (or the name of an installed model).
        head: name of the network's last layer.
        channels: what the network's outputs mean.

    Returns:
        Names of the weights that stayed new.

    Raises:
        TrainingError: ``training.initial_does_not_fit`` when not a single layer of the source fits, or as
            `checkpoint.read`.
        ModelError: when a model folder cannot be used.
    """
    weights, organs = _weights(source)
    if any(channels[n : n + 1] != (organ,) for n, organ in organs.items()):
        weights = {name: value for name, value in weights.items() if not name.startswith(f"{head}.")}
    own = network.state_dict()
    fitting = {name: w for name, w in weights.items() if name in own and w.shape == own[name].shape}
    network.load_state_dict(fitting, strict=False)
    if not fitting:
        raise TrainingError(
            "training.initial_does_not_fit",
            f"No layer of {source} has the name and shape of one in this configuration's network.",
            "Use the same network and filters as the training that made those weights.",
        )
    return tuple(name for name in own if name not in fitting)


def _weights(source: Path) -> tuple[dict[str, Tensor], dict[int, str]]:
    """Weights, and the organs that they find: channel -> name."""
    if source.is_file():
        parts = read(source)
        return averaged_weights(parts), _organs(parts)
    if (source / CHECKPOINT).is_file():
        return trained_weights(source), _organs(read(source / CHECKPOINT))
    model = load_model(source if (source / PLAN).is_file() else str(source))
    labels = {label.channel: label.organ.name for label in model.plan.labels}
    return dict(torch_network(model).state_dict()), labels


def _organs(parts: dict[str, Any]) -> dict[int, str]:
    """Of a checkpoint; the file of the best weights does not tell."""
    config = parts.get("config", {"organs": (), "helpers": ()})
    return dict(enumerate((*config["organs"], *config["helpers"]), 1))
