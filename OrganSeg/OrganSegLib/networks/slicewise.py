"""A 2D network as the engine sees it: volume in, volume out."""

from __future__ import annotations

import torch
from torch import nn


class SliceWise(nn.Module):
    """Runs a 2D network over the axial slices of a volume, all in one batch."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(1, in_channels, z, y, x) -> (1, out_channels, z, y, x)."""
        logits: torch.Tensor = self.network(x[0].transpose(0, 1))
        return logits.transpose(0, 1)[None]
