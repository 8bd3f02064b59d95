"""A network's last layer, left out of its passes and applied where its outputs are looked at.

It is linear and sees one voxel at a time: features can be blended in place of outputs, and of a hundred
outputs only those of a few planes are held at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .model import Model, torch_network
from .plan import Plan
from .stored_weights import stored
from .volume import FloatArray

if TYPE_CHECKING:
    from torch import nn

# Voxels per product: BLAS computes so small ones in the thread that asks, and threads can ask side by side.
TILE = 64

# Network -> the argument that says how many features its last layer sees, and where that layer is.
HEADS = {"NnUNet": ("filters", "head"), "SegResNet": ("init_filters", "conv_final.2.conv")}


@dataclass(frozen=True, eq=False)
class Head:
    """A linear layer.

    Attributes:
        weight: float32, (channels, features).
        bias: float32, (channels,).
    """

    weight: FloatArray
    bias: FloatArray

    def __call__(self, features: FloatArray, channels: Sequence[int]) -> FloatArray:
        """Outputs of these channels, float32: (features, z, y, x) -> (channels, z, y, x)."""
        voxels = features[0].size
        tiles = -(-voxels // TILE)
        seen = np.zeros((len(features), tiles * TILE), np.float32)
        seen[:, :voxels].reshape(features.shape)[...] = features
        outputs = np.empty((len(channels), tiles * TILE), np.float32)
        chosen = [*channels]
        np.matmul(self.weight[chosen], _tiled(seen), out=_tiled(outputs))
        outputs += self.bias[chosen, None]
        return outputs[:, :voxels].reshape(-1, *features.shape[1:])


def _tiled(values: FloatArray) -> FloatArray:
    """A view: (rows, voxels) -> (tiles, rows, TILE)."""
    return values.reshape(len(values), -1, TILE).swapaxes(0, 1)


def is_apart(plan: Plan) -> bool:
    """Whether the last layer is left out: where there are fewer features than outputs."""
    return 0 < _features(plan) < plan.channels


def outputs(plan: Plan) -> int:
    """How many values per voxel a pass of the network gives."""
    return _features(plan) if is_apart(plan) else plan.channels


def trunk(model: Model) -> nn.Module:
    """What a runtime runs: the network without its last layer where that is apart.

    Raises:
        ModelError: as `torch_network`.
    """
    network = torch_network(model)
    if is_apart(model.plan):
        from torch import nn

        network.set_submodule(_place(model.plan), nn.Identity())
    return network


def head(model: Model) -> Head | None:
    """The last layer, read without torch; None where it is not apart.

    Raises:
        ModelError: ``model.no_weights`` or ``model.bad_weights``.
    """
    if not is_apart(model.plan):
        return None
    place = _place(model.plan)
    weight, bias = (stored(model, f"{place}.{name}").astype(np.float32) for name in ("weight", "bias"))
    return Head(weight.reshape(len(weight), -1), bias)


def _features(plan: Plan) -> int:
    """Features that the last layer sees; 0 where it cannot be left out."""
    facts = plan.network["arguments"]
    if plan.network["name"] not in HEADS or plan.dimensions == 2 or not facts.get("use_conv_final", True):
        return 0
    features = facts.get(HEADS[plan.network["name"]][0], 0)
    return int(features[0] if isinstance(features, list | tuple) else features)


def _place(plan: Plan) -> str:
    return HEADS[plan.network["name"]][1]
