"""A network from its name and arguments: MONAI's, some of our own, and those that users have installed."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any

from torch import nn

from ..bounds import shown
from ..errors import ModelError, is_out_of_memory

Arguments = dict[str, Any]

FILTERS = (32, 64, 128, 256)
ENTRY_POINTS = "organseg.networks"
TRUSTED = "ORGANSEG_NETWORKS"  # environment variable: import paths, with commas between them
_trusted: set[str] = set()


def _levels(arguments: Arguments) -> Arguments:
    """``filters``, features per level, in the words of MONAI's U-Nets."""
    filters = arguments.pop("filters", FILTERS)
    return {"channels": filters, "strides": [2] * (len(filters) - 1), **arguments}


def _residual(arguments: Arguments) -> Arguments:
    return {"num_res_units": 2, **_levels(arguments)}


def _dynunet(arguments: Arguments) -> Arguments:
    filters = arguments.get("filters", FILTERS)
    levels = len(filters)
    defaults = {
        "kernel_size": [3] * levels,
        "strides": [1] + [2] * (levels - 1),
        "upsample_kernel_size": [2] * (levels - 1),
        "filters": filters,
    }
    return {**defaults, **arguments}


def _vnet(arguments: Arguments) -> Arguments:
    return {"dropout_dim": arguments["spatial_dims"], **arguments}


def _as_given(arguments: Arguments) -> Arguments:
    return arguments


# Where the class is, imported when it is asked for, and what fills up its arguments.
LIBRARY: dict[str, tuple[str, Callable[[Arguments], Arguments]]] = {
    "SubpixelUNet": ("OrganSegLib.networks.subpixel:SubpixelUNet", _as_given),
    "DenseUNet": ("OrganSegLib.networks.dense:DenseUNet", _as_given),
    "UNet": ("monai.networks.nets.unet:UNet", _levels),
    "ResidualUNet": ("monai.networks.nets.unet:UNet", _residual),
    "AttentionUNet": ("monai.networks.nets.attentionunet:AttentionUnet", _levels),
    "DynUNet": ("monai.networks.nets.dynunet:DynUNet", _dynunet),
    "SegResNet": ("monai.networks.nets.segresnet:SegResNet", _as_given),
    "VNet": ("monai.networks.nets.vnet:VNet", _vnet),
    "UNETR": ("monai.networks.nets.unetr:UNETR", _as_given),
    "SwinUNETR": ("monai.networks.nets.swin_unetr:SwinUNETR", _as_given),
    "XyzSwinUNETR": ("OrganSegLib.networks.swin_xyz:XyzSwinUNETR", _as_given),
    "NnUNet": ("OrganSegLib.networks.nnunet:NnUNet", _as_given),
    "Ensemble": ("OrganSegLib.networks.together:Ensemble", _as_given),
    "Specialists": ("OrganSegLib.networks.together:Specialists", _as_given),
}


def names() -> tuple[str, ...]:
    """Every name that `build` knows; users add theirs by the entry point group ``organseg.networks``."""
    return (*LIBRARY, *(point.name for point in entry_points(group=ENTRY_POINTS)))


def trust(path: str) -> None:
    """Let plans name the user's own network by its import path ``package.module:Class`` in this process.

    A plan alone must never make OrganSeg import code: model folders come from strangers, too. Users trust
    networks of their own by naming them in a training's configuration or in ``ORGANSEG_NETWORKS``.
    """
    _trusted.add(path)


def build(network: dict[str, Any]) -> nn.Module:
    """The untrained network that a plan describes: ``{"name": ..., "arguments": {...}}``.

    A name may also be the import path of a network that the user trusts, see `trust`. Arguments are those of
    the class, among them ``in_channels``, ``out_channels`` and ``spatial_dims`` (3 when not given). U-Nets
    take ``filters``, features per level, in place of MONAI's lists.

    Raises:
        ModelError: ``model.unknown_network``, ``model.missing_package``, or ``model.bad_plan`` when its
            arguments do not fit.
        MemoryError: too little is free for it.
    """
    name, arguments = network["name"], dict(network["arguments"])
    maker: Callable[..., nn.Module] | None = _imported(name) if _is_trusted(name) else None
    if name not in names() and maker is None:
        hint = f" If it is your own, set {TRUSTED}={name}." if ":" in name else ""
        raise ModelError(
            "model.unknown_network",
            f"The model asks for the network {name!r}, which OrganSeg does not have.",
            f"Use a model built on one of: {', '.join(names())}.{hint}",
        )
    try:
        if name in LIBRARY:
            place, fill_up = LIBRARY[name]
            module, cls = place.split(":")
            maker, arguments = getattr(import_module(module), cls), fill_up({"spatial_dims": 3, **arguments})
        elif maker is None:
            (point,) = entry_points(group=ENTRY_POINTS, name=name)
            maker = point.load()
        return maker(**arguments)
    except ModelError:  # of a network inside of this one
        raise
    except Exception as error:  # MONAI's networks raise anything on arguments that do not fit
        if is_out_of_memory(error):
            raise MemoryError(name) from error
        if isinstance(error, ImportError):  # MONAI has networks with needs of their own
            raise ModelError(
                "model.missing_package",
                f"The network {name} needs a Python package that is not installed: {error}",
                "Install it, or use another model.",
            ) from error
        raise ModelError(
            "model.bad_plan",
            f"The arguments of the network {name} do not fit it: {shown(error)}.",
            "Install the model again or ask whoever made it.",
        ) from error


def _is_trusted(path: str) -> bool:
    return ":" in path and (path in _trusted or path in os.environ.get(TRUSTED, "").split(","))


def _imported(path: str) -> type[nn.Module] | None:
    """The user's own network; None for whatever is no network, which a plan must never call."""
    module, _, name = path.partition(":")
    try:
        found = getattr(import_module(module), name, None)
    except ImportError:
        return None
    return found if isinstance(found, type) and issubclass(found, nn.Module) else None
