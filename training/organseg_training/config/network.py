"""The sections about what the network sees and what it is."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from .base import Section


class Window(Section):
    """One input channel: HU clipped to [low, high], then ``(hu - centre) / scale``."""

    low: float
    high: float
    centre: float
    scale: float


class Network(Section):
    """A network by the name that `OrganSegLib.networks` knows, or by import path for the user's own.

    Attributes:
        name: ``SubpixelUNet``, ``UNet``, ``DynUNet``, ...
        arguments: of its class, without ``in_channels``, ``out_channels`` and ``spatial_dims``: these follow
            from windows, classes and dimensions.
        field_of_view: ``whole`` runs the engine over the whole body at once where memory allows, ``patch``
            always in overlapping tiles of the first training patch.
        multiple: every input axis is padded to a multiple of this.
    """

    name: str = "SubpixelUNet"
    arguments: dict[str, Any] = Field(default_factory=lambda: {"filters": [32, 64, 112, 160]})
    field_of_view: Literal["whole", "patch"] = "whole"
    multiple: int = 16
