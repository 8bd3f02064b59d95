"""Readers by name: OrganSeg's own, those that installed packages offer, and any class by its import path."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any

from ..errors import ConfigError, nearest_name
from .reader import Reader

if TYPE_CHECKING:
    from ..config import Config

GROUP = "organseg.readers"
LAYOUTS = {
    "pairs": "organseg_training.readers.pairs:Pairs",
    "slices": "organseg_training.readers.slices:Slices",
    "chaos": "organseg_training.readers.chaos:Chaos",
    "ircadb": "organseg_training.readers.ircadb:Ircadb",
    "listed": "organseg_training.readers.listed:Listed",
    "shapes": "organseg_training.readers.shapes:Shapes",
    "phantoms": "organseg_training.readers.phantoms:Phantoms",
}


def open_readers(config: Config) -> list[Reader]:
    """One reader for each collection of ``config.data``, in their order.

    A layout is a name of `LAYOUTS`, that of an entry point in the group ``organseg.readers``, or an import
    path ``package.module:Class``.

    Raises:
        ConfigError: ``config.unknown_layout``, ``config.import_failed``, ``config.missing_folder``.
    """
    return [_open(data.layout)(data, config) for data in config.data]


def _open(layout: str) -> Any:
    if layout in LAYOUTS:
        return _imported(LAYOUTS[layout])
    offered = entry_points(group=GROUP)
    if layout in offered.names:
        return _imported(offered[layout].value)
    if ":" in layout:
        return _imported(layout)
    known = (*LAYOUTS, *sorted(offered.names))
    raise ConfigError(
        "config.unknown_layout",
        f"No reader knows the layout {layout}.",
        nearest_name(layout, known, f"Choose one of {', '.join(known)}."),
    )


def _imported(path: str) -> Any:
    module, _, name = path.partition(":")
    try:
        return getattr(import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise ConfigError(
            "config.import_failed",
            f"The reader {path} cannot be imported: {error}.",
            "Check its name, and that its package is installed beside OrganSeg.",
        ) from error
