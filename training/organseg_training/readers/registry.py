"""Readers by name: OrganSeg's own, those that installed packages offer, and any class by its import path."""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any

from ..errors import ConfigError, nearest_name
from ..imported import imported
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
        return imported(LAYOUTS[layout], "reader")
    offered = entry_points(group=GROUP)
    if layout in offered.names:
        return imported(offered[layout].value, "reader")
    if ":" in layout:
        return imported(layout, "reader")
    known = (*LAYOUTS, *sorted(offered.names))
    raise ConfigError(
        "config.unknown_layout",
        f"No reader knows the layout {layout}.",
        nearest_name(layout, known, f"Choose one of {', '.join(known)}."),
    )
