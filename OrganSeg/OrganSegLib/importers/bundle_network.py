"""The networks of MONAI bundles, and their weights, as those of `networks.library`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any

from .bundle_config import Component
from .refusals import unsupported

if TYPE_CHECKING:
    from torch import Tensor

MOST_LEVELS, MOST_BLOCKS = 12, 64
DROPOUT = {"dropout", "dropout_prob", "drop_rate", "attn_drop_rate", "dropout_path_rate"}
TRAINING = {"use_checkpoint", "img_size"}  # nothing of it is left once the network is trained


@dataclass(frozen=True)
class Kind:
    """A class of networks.

    Attributes:
        name: in OrganSeg's library.
        settings: arguments that it may have, besides channels and dimensions.
        multiple: what its input must be a multiple of, from its arguments.
        turned: whether its kernels can be turned from MONAI's axes x, y, z to OrganSeg's.
        whole: whether it can see more than a tile.
    """

    name: str
    settings: set[str]
    multiple: Callable[[Mapping[str, Any]], int]
    turned: bool = True
    whole: bool = True


KINDS = {
    "SegResNet": Kind(
        "SegResNet",
        {"init_filters", "blocks_down", "blocks_up", "norm", "act", "num_groups", "use_conv_final"},
        lambda facts: 2 ** (len(facts.get("blocks_down", (1, 2, 2, 4))) - 1),
    ),
    "UNet": Kind(
        "UNet",
        {"channels", "strides", "kernel_size", "up_kernel_size", "num_res_units"}
        | {"norm", "act", "bias", "adn_ordering"},
        lambda facts: prod(facts["strides"]),
    ),
    "SwinUNETR": Kind(
        "XyzSwinUNETR",
        {"feature_size", "depths", "num_heads", "norm_name", "normalize", "use_v2"},
        lambda facts: 32,
        turned=False,
        whole=False,
    ),
}


def described(component: Component, arguments: Mapping[str, Any]) -> tuple[dict[str, Any], Kind]:
    """The network as a plan describes it, and its kind.

    Args:
        component: its class, one of `KINDS`.
        arguments: the component's, resolved.

    Raises:
        ModelError: ``model.import_unsupported`` for a setting that OrganSeg does not know.
        KeyError, TypeError, ValueError: when an entry is missing or makes no sense.
    """
    kind = KINDS[component.name]
    known = {"spatial_dims", "in_channels", "out_channels", *kind.settings, *DROPOUT, *TRAINING}
    if odd := sorted(arguments.keys() - known):
        raise unsupported(f"its network has an unusual setting, {odd[0]} = {arguments[odd[0]]!r}")
    facts = {name: arguments[name] for name in arguments if name not in DROPOUT | TRAINING}
    if facts.get("spatial_dims", 3) != 3:
        raise unsupported(f"its network has {facts['spatial_dims']} dimensions, not 3")
    if int(facts["in_channels"]) != 1:
        raise unsupported(f"it needs {facts['in_channels']} images of a patient, not one CT")
    for name in ("kernel_size", "up_kernel_size"):
        if not isinstance(facts.get(name, 3), int):
            raise unsupported(f"its network has an unusual setting, {name} = {facts[name]!r}")
    for name in ("blocks_down", "blocks_up", "depths", "channels", "strides"):
        _check_levels(name, facts.get(name, ()))
    if not 0 <= int(facts.get("num_res_units", 0)) <= MOST_BLOCKS:
        raise ValueError(f"its network has {facts['num_res_units']} units per level")
    return {"name": kind.name, "arguments": {"spatial_dims": 3, **facts}}, kind


def turned(weights: Mapping[str, Tensor], kind: Kind) -> dict[str, Tensor]:
    """Weights for volumes along z, y, x from those for volumes along x, y, z."""
    if not kind.turned:
        return dict(weights)
    return {name: w.permute(0, 1, 4, 3, 2) if w.ndim == 5 else w for name, w in weights.items()}


def _check_levels(name: str, counts: Any) -> None:
    if len(counts) > MOST_LEVELS or not all(isinstance(n, int) and n >= 1 for n in counts):
        raise ValueError(f"{name} is no short list of whole numbers")
    if name in ("blocks_down", "blocks_up", "depths") and max(counts, default=1) > MOST_BLOCKS:
        raise ValueError(f"{name} asks for more than {MOST_BLOCKS} blocks per level")
