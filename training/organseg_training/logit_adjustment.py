"""Logit adjustment: the last layer gives back what a loss that favours rare classes has added.

Source: Menon et al., "Long-tail learning via logit adjustment", ICLR 2021, arXiv:2007.07314.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from OrganSegLib.networks import build
from OrganSegLib.tiles import smallest_shape

from .errors import ConfigError

if TYPE_CHECKING:
    from OrganSegLib.plan import Plan
    from torch import Tensor


def adjusted(weights: Mapping[str, Tensor], plan: Plan, adjustment: Mapping[int, float]) -> dict[str, Tensor]:
    """Weights whose last layer has lower biases; nothing is computed more at inference.

    Args:
        weights: of the plan's network.
        adjustment: channel -> what its logit loses, in nats.

    Raises:
        ConfigError: ``config.no_bias`` when the network's last layer has none for each channel.
    """
    if not adjustment:
        return dict(weights)
    import torch

    from .fit.layers import class_biases, layers_in_order

    network = build(plan.network)
    network.load_state_dict(weights)
    space = smallest_shape(plan)[-plan.dimensions :]
    layers = layers_in_order(network, torch.zeros(1, len(plan.windows), *space))
    biases = class_biases(layers, plan.channels)
    if biases is None:
        raise ConfigError(
            "config.no_bias",
            f"logit_adjustment: the last layer of {plan.network['name']} has no bias for each class.",
            "Leave logit_adjustment out, or use another network.",
        )
    for channel, nats in adjustment.items():
        biases[channel] -= nats
    return network.state_dict()
