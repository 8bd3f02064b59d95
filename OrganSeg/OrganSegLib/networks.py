"""Networks by name, built from MONAI's; the only names that a plan may ask for."""

from __future__ import annotations

from typing import Any

import torch
from monai.networks.blocks.convolutions import Convolution
from monai.networks.nets.dynunet import DynUNet
from monai.networks.utils import pixelshuffle, pixelunshuffle
from torch import nn

from .errors import ModelError


class SubpixelUNet(nn.Module):
    """MONAI's DynUNet at half resolution between a sub-pixel input and a sub-pixel output.

    Each 2x2x2 block of voxels becomes eight channels on the way in and out, so that no detail is lost while
    the convolutions run on an eighth of the voxels: what makes a whole-body pass quick on a CPU. The first
    convolution has no normalisation, so that absolute Hounsfield units survive into the network.

    Args:
        in_channels: input windows.
        out_channels: output classes.
        filters: features per level; each level halves the resolution.

    Source of the sub-pixel idea: Shi et al., CVPR 2016, doi:10.1109/CVPR.2016.207.
    """

    factor = 2

    def __init__(self, in_channels: int, out_channels: int, filters: list[int]) -> None:
        super().__init__()
        block, levels = self.factor**3, len(filters)
        self.stem = Convolution(3, in_channels * block, filters[0], norm=None, act="leakyrelu", dropout=None)
        self.unet = DynUNet(
            spatial_dims=3,
            in_channels=filters[0],
            out_channels=out_channels * block,
            kernel_size=[3] * levels,
            strides=[1] + [2] * (levels - 1),
            upsample_kernel_size=[2] * (levels - 1),
            filters=filters,
            norm_name=("INSTANCE", {"affine": True}),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(batch, in_channels, z, y, x) -> (batch, out_channels, z, y, x)."""
        features = self.unet(self.stem(pixelunshuffle(x, 3, self.factor)))
        logits: torch.Tensor = pixelshuffle(features, 3, self.factor)
        return logits


NETWORKS: dict[str, type[nn.Module]] = {"SubpixelUNet": SubpixelUNet, "DynUNet": DynUNet}


def build(network: dict[str, Any]) -> nn.Module:
    """The untrained network that a plan describes.

    Raises:
        ModelError: ``model.unknown_network``, or ``model.bad_plan`` when its arguments do not fit.
    """
    name = network["name"]
    if name not in NETWORKS:
        raise ModelError(
            "model.unknown_network",
            f"The model asks for the network {name!r}, which OrganSeg does not have.",
            f"Use a model built on one of: {', '.join(NETWORKS)}.",
        )
    try:
        return NETWORKS[name](**network["arguments"])
    except (TypeError, ValueError, KeyError, IndexError) as error:
        raise ModelError(
            "model.bad_plan",
            f"The arguments of the network {name} do not fit it: {error}.",
            "Install the model again or ask whoever made it.",
        ) from error
