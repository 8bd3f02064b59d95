"""Several networks as one: folds that are averaged, and specialists that are put side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

Description = dict[str, Any]  # as `build` takes it


class Ensemble(nn.Module):
    """The mean output of networks that learned the same task, such as the folds of a cross-validation.

    Args:
        in_channels: input windows.
        out_channels: output classes.
        spatial_dims: 2 or 3.
        networks: ``{"name": ..., "arguments": {...}}`` of each; these arguments are theirs, too.
    """

    def __init__(
        self, in_channels: int, out_channels: int, networks: Sequence[Description], spatial_dims: int = 3
    ) -> None:
        super().__init__()
        shared = {"in_channels": in_channels, "out_channels": out_channels, "spatial_dims": spatial_dims}
        self.members = _built(networks, shared)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(batch, in_channels, [z,] y, x) -> (batch, out_channels, [z,] y, x)."""
        total = self.members[0](x)
        for member in self.members[1:]:
            total = total + member(x)
        mean: torch.Tensor = total / len(self.members)
        return mean


class Specialists(nn.Module):
    """Networks for organs of their own, each with an input window of its own, as one network for all organs.

    What a network says of an organ counts as its lead over that network's background, so that the organ
    which is furthest ahead gets the voxel. The joint background is zero.

    Args:
        in_channels: input windows, one per network.
        out_channels: background and all organs, in the order of the networks.
        spatial_dims: 2 or 3.
        networks: ``{"name": ..., "arguments": {...}}`` of each, of one input channel, background first.
    """

    def __init__(
        self, in_channels: int, out_channels: int, networks: Sequence[Description], spatial_dims: int = 3
    ) -> None:
        super().__init__()
        if len(networks) != in_channels:
            raise ValueError("one input window per network")
        if out_channels - 1 != sum(network["arguments"]["out_channels"] - 1 for network in networks):
            raise ValueError("as many output classes as the networks have organs, and one")
        self.members = _built(networks, {"in_channels": 1, "spatial_dims": spatial_dims})

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(batch, in_channels, [z,] y, x) -> (batch, out_channels, [z,] y, x)."""
        leads = []
        for number, member in enumerate(self.members):
            logits = member(x[:, number : number + 1])
            leads.append(logits[:, 1:] - logits[:, :1])
        return torch.cat([torch.zeros_like(x[:, :1]), *leads], 1)


def _built(networks: Sequence[Description], shared: dict[str, int]) -> nn.ModuleList:
    from .library import build  # which knows this module, too

    return nn.ModuleList(
        build({"name": one["name"], "arguments": {**one["arguments"], **shared}}) for one in networks
    )
