"""What the engine must know of a training: the same `Plan` serves both, so that they cannot drift apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from OrganSegLib import plan as engine
from OrganSegLib.networks import trust
from OrganSegLib.organs import organ_named

from .config import Config


def network_of(config: Config) -> dict[str, Any]:
    """Name and full arguments of the network, as `OrganSegLib.networks.build` takes them.

    An import path in a configuration is the user's own word: it is trusted from now on.
    """
    if ":" in config.network.name:
        trust(config.network.name)
    arguments = {
        "in_channels": len(config.windows),
        "out_channels": len(config.classes.channels),
        "spatial_dims": config.dimensions,
        **config.network.arguments,
    }
    return {"name": config.network.name, "arguments": arguments}


def windows_of(config: Config) -> tuple[engine.Window, ...]:
    """The input channels, as `OrganSegLib.preprocess.normalise` takes them."""
    return tuple(engine.Window(**window.model_dump()) for window in config.windows)


def make_plan(
    config: Config,
    left_out: Sequence[str] = (),
    training: dict[str, Any] | None = None,
    scores: dict[str, Any] | None = None,
) -> engine.Plan:
    """The plan of a model trained with a configuration.

    Args:
        left_out: organs too weak to ship: their outputs count as background.
        training, scores: free facts for the reader.

    Raises:
        ModelError: ``model.bad_plan`` when the configuration asks for what the engine cannot do.
    """
    shipped = [organ for organ in config.organs if organ not in left_out]
    channel = config.classes.channels.index
    return engine.Plan(
        name=config.name,
        version=config.version,
        description=config.description,
        spacing_mm=config.spacing_mm,
        windows=windows_of(config),
        patch=config.fit.patches[0],
        multiple=config.network.multiple,
        network=network_of(config),
        channels=len(config.classes.channels),
        labels=tuple(engine.Label(channel(o), n, organ_named(o)) for n, o in enumerate(shipped, 1)),
        licence=config.licence,
        training=training or {},
        scores=scores or {},
        field_of_view=config.network.field_of_view,
        experimental=tuple(organ for organ in config.experimental if organ in shipped),
    )
