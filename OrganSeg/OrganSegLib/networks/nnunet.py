"""The two U-Nets of nnU-Net v2, for weights that were trained with it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from monai.networks.blocks.convolutions import Convolution
from monai.networks.layers.factories import Conv, Pool
from torch import nn
from torch.nn import functional as F

Axes = Sequence[int]  # one number per axis, (z, y, x)


class NnUNet(nn.Module):
    """U-Net with strided convolutions down, transposed ones up, and its own kernel and stride at each level.

    Args:
        in_channels: input windows.
        out_channels: output classes.
        spatial_dims: 2 or 3.
        filters: features per level.
        kernels: kernel size per level; 3 along each axis when not given.
        strides: step from the level above, per level; 1, then 2 along each axis when not given.
        blocks: convolutions per level on the way down, or residual blocks; 2 each when not given.
        decoder_blocks: convolutions per level on the way up, from the deepest; 2 each when not given.
        residual: residual blocks on the way down (*ResidualEncoderUNet*) and not bare ones (*PlainConvUNet*).
        bias: whether convolutions that a normalisation follows have a bias.

    Source: Isensee et al., Nature Methods 2021, doi:10.1038/s41592-020-01008-z; of the residual one: Isensee
    et al., MICCAI 2024, arXiv:2404.09556.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        spatial_dims: int = 3,
        filters: Sequence[int] = (32, 64, 128, 256),
        kernels: Sequence[Axes] | None = None,
        strides: Sequence[Axes] | None = None,
        blocks: Sequence[int] | None = None,
        decoder_blocks: Sequence[int] | None = None,
        residual: bool = False,
        bias: bool = True,
    ) -> None:
        super().__init__()
        levels = len(filters)
        kernels = kernels or [[3] * spatial_dims] * levels
        strides = strides or [[1] * spatial_dims] + [[2] * spatial_dims] * (levels - 1)
        blocks = blocks or [2] * levels
        decoder_blocks = decoder_blocks or [2] * (levels - 1)
        if {len(kernels), len(strides), len(blocks), len(decoder_blocks) + 1} != {levels}:
            raise ValueError("kernels, strides and blocks must be as many as filters")

        def stack(features: Sequence[int], kernel: Axes, stride: Axes) -> nn.Sequential:
            steps = [stride] + [[1] * spatial_dims] * (len(features) - 2)
            make = _Residual if residual else _unit
            pairs = zip(pairwise(features), steps, strict=True)
            return nn.Sequential(*(make(spatial_dims, a, b, kernel, step, bias) for (a, b), step in pairs))

        first = filters[0] if residual else in_channels
        ones = [1] * spatial_dims
        self.stem = (
            _unit(spatial_dims, in_channels, first, kernels[0], ones, bias) if residual else nn.Identity()
        )
        above = [first, *filters]
        self.down = nn.ModuleList(
            stack([a] + [b] * n, k, s)
            for a, b, n, k, s in zip(above, filters, blocks, kernels, strides, strict=False)
        )
        upsample, up = [], []
        for level, count in zip(range(levels - 2, -1, -1), decoder_blocks, strict=True):
            kept, step = filters[level], strides[level + 1]
            upsample.append(
                Conv[Conv.CONVTRANS, spatial_dims](filters[level + 1], kept, step, step, bias=bias)
            )
            widths = [2 * kept] + [kept] * count
            units = (_unit(spatial_dims, a, b, kernels[level], ones, bias) for a, b in pairwise(widths))
            up.append(nn.Sequential(*units))
        self.upsample, self.up = nn.ModuleList(upsample), nn.ModuleList(up)
        self.head = Conv[Conv.CONV, spatial_dims](filters[0], out_channels, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(batch, in_channels, [z,] y, x) -> (batch, out_channels, [z,] y, x), of any size.

        Where a step leaves a remainder, the last voxel below covers it, and what it gives beyond is cut off.
        """
        x = self.stem(x)
        skips = []
        for level in self.down:
            x = level(x)
            skips.append(x)
        for larger, level, skip in zip(self.upsample, self.up, skips[-2::-1], strict=True):
            x = level(torch.cat([_cut(larger(x), skip), skip], 1))
        logits: torch.Tensor = self.head(x)
        return logits


def _cut(x: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    for axis, n in enumerate(like.shape[2:], 2):
        x = x.narrow(axis, 0, n)
    return x


class _Residual(nn.Module):
    """Two convolutions beside a shortcut, which is pooled and projected where the sizes differ (ResNet-D).

    Source: He et al., CVPR 2019, doi:10.1109/CVPR.2019.00065.
    """

    def __init__(
        self, dimensions: int, before: int, after: int, kernel: Axes, stride: Axes, bias: bool
    ) -> None:
        super().__init__()
        ones = [1] * dimensions
        self.first = _unit(dimensions, before, after, kernel, stride, bias)
        self.second = _unit(dimensions, after, after, kernel, ones, bias, act=None)
        smaller = max(stride) > 1
        pool = Pool[Pool.AVG, dimensions]
        self.pool = pool(tuple(stride), tuple(stride), ceil_mode=True) if smaller else nn.Identity()
        self.project: nn.Module = nn.Identity()
        if before != after:
            self.project = _unit(dimensions, before, after, ones, ones, bias=False, act=None)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.leaky_relu(self.second(self.first(x)) + self.project(self.pool(x)))


def _unit(
    dimensions: int,
    before: int,
    after: int,
    kernel: Axes,
    stride: Axes,
    bias: bool,
    act: str | None = "leakyrelu",
) -> nn.Module:
    """Convolution, instance normalisation and, where not switched off, a leaky ReLU."""
    norm = ("instance", {"affine": True})
    return Convolution(
        dimensions, before, after, tuple(stride), tuple(kernel), "NA", act, norm, dropout=None, bias=bias
    )
