"""MONAI's Swin UNETR for weights that learned with volumes along x, y, z."""

from __future__ import annotations

import torch
from monai.networks.nets.swin_unetr import SwinUNETR


class XyzSwinUNETR(SwinUNETR):
    """Swin UNETR that turns its input's axes round, and those of its output back.

    Convolutions could have their kernels turned instead. Swin UNETR joins neighbouring patches in a way that
    is not the same along each axis, so no other order of weights does.
    """

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(batch, in_channels, [z,] y, x) -> (batch, out_channels, [z,] y, x)."""
        logits: torch.Tensor = super().forward(x.transpose(2, -1))  # type: ignore[no-untyped-call]
        return logits.transpose(2, -1)
