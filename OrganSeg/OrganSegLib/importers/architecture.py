"""nnU-Net's description of its network, and its weights, as those of `networks.nnunet.NnUNet`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any

from .refusals import damaged, unsupported

if TYPE_CHECKING:
    from torch import Tensor

PLAIN, RESIDUAL = "PlainConvUNet", "ResidualEncoderUNet"
MOST_LEVELS, MOST_BLOCKS, MOST_FEATURES, WIDEST_KERNEL = 12, 64, 8192, 15
KNOWN = {
    *("n_stages", "features_per_stage", "conv_op", "kernel_sizes", "strides", "n_conv_per_stage"),
    *("n_blocks_per_stage", "n_conv_per_stage_decoder", "conv_bias", "norm_op", "norm_op_kwargs"),
    *("dropout_op", "dropout_op_kwargs", "nonlin", "nonlin_kwargs", "deep_supervision"),
}
# nnU-Net's names of weights -> ours. It stores each layer of a block twice, and the encoder with the decoder.
TWICE = re.compile(r"\.all_modules\.|^decoder\.encoder\.")
RENAMES = (
    (r"^encoder\.stem\.convs\.0\.", "stem."),
    (r"^encoder\.stages\.(\d+)\.(?:0\.convs|blocks)\.", r"down.\1."),
    (r"^decoder\.stages\.(\d+)\.convs\.", r"up.\1."),
    (r"^decoder\.transpconvs\.", "upsample."),
    (r"\.conv1\.", ".first."),
    (r"\.conv2\.", ".second."),
    (r"\.skip\.\d\.", ".project."),
    (r"\.norm\.", ".adn.N."),
)
HEAD = re.compile(r"^decoder\.seg_layers\.(\d+)\.")


@dataclass(frozen=True)
class Axes:
    """Puts what nnU-Net lists along its own order of axes into the order z, y, x.

    Attributes:
        order: for each of z, y and x (y and x where the network is 2D) its place in nnU-Net's order.
    """

    order: tuple[int, ...]

    @classmethod
    def of(cls, transpose_forward: Sequence[int], dimensions: int) -> Axes:
        """From the plans' ``transpose_forward``.

        Raises:
            ModelError: ``model.import_unsupported`` for a 2D network that does not see axial slices.
        """
        forward = [int(axis) for axis in transpose_forward]
        if sorted(forward) != [0, 1, 2]:
            raise damaged("plans.json", "transpose_forward names no order of three axes")
        order = tuple(forward.index(axis) for axis in range(3))
        if dimensions == 3:
            return cls(order)
        if order[0] != 0:
            raise unsupported("it is 2D and looks at slices that are not axial")
        return cls((order[1] - 1, order[2] - 1))

    def sorted(self, values: Sequence[Any]) -> list[Any]:
        return [values[place] for place in self.order]

    def kernel(self, weight: Tensor) -> Tensor:
        """A convolution's weight, (out, in, *axes)."""
        return weight.permute(0, 1, *(2 + place for place in self.order)) if weight.ndim > 2 else weight


def network_arguments(configuration: Mapping[str, Any], axes: Axes) -> dict[str, Any]:
    """Arguments of `NnUNet`, without its channels.

    Args:
        configuration: of the plans, of today's form or of that before nnU-Net 2.3.
        axes: of the plans.

    Raises:
        ModelError: ``model.import_unsupported`` for anything but the two standard networks.
        KeyError, TypeError, ValueError: when an entry is missing or makes no sense.
    """
    kind, facts = _described(configuration)
    if kind not in (PLAIN, RESIDUAL):
        raise unsupported(f"its network is a {kind}, not a {PLAIN} or {RESIDUAL}")
    _refuse_unusual(facts)
    residual = kind == RESIDUAL
    levels, dimensions = int(facts["n_stages"]), len(axes.order)

    def per_level(value: Any, count: int = levels) -> list[Any]:
        values = [value] * count if isinstance(value, int) else list(value)
        if len(values) != count:
            raise ValueError(f"{len(values)} entries for {count} levels")
        return values

    def per_axis(value: Any, most: int) -> list[int]:
        sizes = axes.sorted([value] * dimensions if isinstance(value, int) else value)
        return [_within(size, most) for size in sizes]

    _within(levels, MOST_LEVELS)
    blocks = facts["n_blocks_per_stage" if residual else "n_conv_per_stage"]
    return {
        "spatial_dims": dimensions,
        "filters": [_within(n, MOST_FEATURES) for n in per_level(facts["features_per_stage"])],
        "kernels": [per_axis(kernel, WIDEST_KERNEL) for kernel in per_level(facts["kernel_sizes"])],
        "strides": [per_axis(stride, WIDEST_KERNEL) for stride in per_level(facts["strides"])],
        "blocks": [_within(n, MOST_BLOCKS) for n in per_level(blocks)],
        "decoder_blocks": [
            _within(n, MOST_BLOCKS) for n in per_level(facts["n_conv_per_stage_decoder"], levels - 1)
        ],
        "residual": residual,
        "bias": bool(facts.get("conv_bias", False)),
    }


def multiples(arguments: Mapping[str, Any]) -> list[int]:
    """How many voxels lie under one of the deepest level, along the axes."""
    return [prod(steps) for steps in zip(*arguments["strides"], strict=True)]


def renamed(weights: Mapping[str, Tensor], axes: Axes) -> dict[str, Tensor]:
    """The weights by our names and in our order of axes, without the heads that only training uses."""
    heads = [int(found[1]) for name in weights if (found := HEAD.match(name))]
    last = max(heads, default=0)
    result = {}
    for name, weight in weights.items():
        head = HEAD.match(name)
        if TWICE.search(name) or (head and int(head[1]) != last):
            continue
        for pattern, ours in (*RENAMES, (HEAD.pattern, "head.")):
            name = re.sub(pattern, ours, name)
        result[name] = axes.kernel(weight)
    return result


def _described(configuration: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """Name of the network's class and its arguments."""
    if "architecture" in configuration:
        architecture = configuration["architecture"]
        return str(architecture["network_class_name"]).rpartition(".")[2], architecture["arch_kwargs"]
    kind = str(configuration["UNet_class_name"])
    encoder = configuration["n_conv_per_stage_encoder"]
    most, first = configuration["unet_max_num_features"], configuration["UNet_base_num_features"]
    return kind, {
        "n_stages": len(encoder),
        "features_per_stage": [min(first * 2**level, most) for level in range(len(encoder))],
        "kernel_sizes": configuration["conv_kernel_sizes"],
        "strides": configuration["pool_op_kernel_sizes"],
        ("n_conv_per_stage" if kind == PLAIN else "n_blocks_per_stage"): encoder,
        "n_conv_per_stage_decoder": configuration["n_conv_per_stage_decoder"],
        "conv_bias": True,
    }


def _refuse_unusual(facts: Mapping[str, Any]) -> None:
    """What the standard networks have, and nothing else that changes what they compute."""
    norm, act = facts.get("norm_op_kwargs") or {}, facts.get("nonlin_kwargs") or {}
    usual = {
        "norm_op": "InstanceNorm" in str(facts.get("norm_op", "InstanceNorm")),
        "norm_op_kwargs": norm.get("affine", True) is True and norm.get("eps", 1e-5) == 1e-5,
        "nonlin": str(facts.get("nonlin", "LeakyReLU")).endswith("LeakyReLU"),
        "nonlin_kwargs": act.get("negative_slope", 0.01) == 0.01,
        **{name: not facts[name] for name in facts.keys() - KNOWN},
    }
    for name, fine in usual.items():
        if not fine:
            raise unsupported(f"its network has an unusual setting, {name} = {facts[name]!r}")


def _within(value: Any, most: int) -> int:
    if not 1 <= int(value) <= most:
        raise ValueError(f"{value} is not between 1 and {most}")
    return int(value)
