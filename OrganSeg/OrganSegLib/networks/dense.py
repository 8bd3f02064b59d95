"""A U-Net of densely connected blocks."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from monai.networks.blocks.convolutions import Convolution
from monai.networks.layers.factories import Conv, Pool
from monai.networks.nets.densenet import _DenseBlock
from torch import nn
from torch.nn import functional as F

ACT = ("leakyrelu", {"inplace": True})


class DenseUNet(nn.Module):
    """U-Net whose levels are MONAI's dense blocks: each layer sees the features of all before it.

    Args:
        in_channels: input windows.
        out_channels: output classes.
        spatial_dims: 2 or 3.
        filters: features that each level hands on; each level halves the resolution.
        layers: dense layers per level.
        growth: features that each of them adds.

    Source: Jégou et al., CVPR Workshops 2017, doi:10.1109/CVPRW.2017.156; blocks of Huang et al., CVPR 2017,
    doi:10.1109/CVPR.2017.243.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        spatial_dims: int = 3,
        filters: Sequence[int] = (32, 64, 128, 256),
        layers: int = 3,
        growth: int = 12,
    ) -> None:
        super().__init__()
        self.mode = {2: "bilinear", 3: "trilinear"}[spatial_dims]

        def level(features: int, kept: int) -> nn.Module:
            block = _DenseBlock(spatial_dims, layers, features, 4, growth, 0.0, ACT, "instance")
            narrowed = Convolution(
                spatial_dims, features + layers * growth, kept, kernel_size=1, norm="instance", act=ACT
            )
            return nn.Sequential(block, narrowed)

        self.stem = Convolution(spatial_dims, in_channels, filters[0], norm="instance", act=ACT)
        self.down = nn.ModuleList(level(a, b) for a, b in zip((filters[0], *filters), filters, strict=False))
        self.pool = Pool[Pool.MAX, spatial_dims](2)
        pairs = list(zip(filters[:0:-1], filters[-2::-1], strict=True))
        self.up = nn.ModuleList(level(below + beside, beside) for below, beside in pairs)
        self.head = Conv[Conv.CONV, spatial_dims](filters[0], out_channels, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(batch, in_channels, [z,] y, x) -> (batch, out_channels, [z,] y, x)."""
        x = self.stem(x)
        skips = []
        for number, level in enumerate(self.down):
            x = level(self.pool(x) if number else x)
            skips.append(x)
        for level, skip in zip(self.up, skips[-2::-1], strict=True):
            larger = F.interpolate(x, size=skip.shape[2:], mode=self.mode, align_corners=False)
            x = level(torch.cat([larger, skip], 1))
        logits: torch.Tensor = self.head(x)
        return logits
