"""A network's last layer, left out of its passes and applied where its outputs are looked at.

It is linear and sees one voxel at a time: features can be blended in place of outputs, and of a hundred
outputs only those of a few planes are held at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .model import Model, torch_network
from .plan import Plan
from .stored_weights import stored
from .volume import FloatArray

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, eq=False)
class Head:
    """A linear layer.

    Attributes:
        weight: float32, (channels, features).
        bias: float32, (channels,).
    """

    weight: FloatArray
    bias: FloatArray

    def __call__(self, features: FloatArray, channels: slice = slice(None)) -> FloatArray:
        """Outputs of these channels, float32: (features, z, y, x) -> (channels, z, y, x)."""
        flat = features.reshape(len(features), -1).astype(np.float32, copy=False)
        outputs: FloatArray = self.weight[channels] @ flat
        outputs += self.bias[channels, None]
        return outputs.reshape(-1, *features.shape[1:])


def is_apart(plan: Plan) -> bool:
    """Whether the last layer is left out: where there are fewer features than outputs."""
    network = plan.network
    if network["name"] != "NnUNet" or plan.dimensions == 2 or "filters" not in network["arguments"]:
        return False
    return bool(network["arguments"]["filters"][0] < plan.channels)


def outputs(plan: Plan) -> int:
    """How many values per voxel a pass of the network gives."""
    return int(plan.network["arguments"]["filters"][0]) if is_apart(plan) else plan.channels


def trunk(model: Model) -> nn.Module:
    """What a runtime runs: the network without its last layer where that is apart.

    Raises:
        ModelError: as `torch_network`.
    """
    network = torch_network(model)
    if is_apart(model.plan):
        from torch import nn

        network.head = nn.Identity()
    return network


def head(model: Model) -> Head | None:
    """The last layer, read without torch; None where it is not apart.

    Raises:
        ModelError: ``model.no_weights`` or ``model.bad_weights``.
    """
    if not is_apart(model.plan):
        return None
    weight, bias = (stored(model, f"head.{name}").astype(np.float32) for name in ("weight", "bias"))
    return Head(weight.reshape(len(weight), -1), bias)
