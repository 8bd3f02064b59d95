"""Networks of nnU-Net as one model: folds averaged, networks for different organs side by side."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..bounds import shown
from ..plan import Label, Plan
from .imported import UNNAMED, Imported
from .labels import organs_of
from .nnunet import Trained
from .refusals import unsupported
from .weights import fitted

if TYPE_CHECKING:
    from torch import Tensor


def joined(parts: Sequence[Trained], whole: bool) -> Imported:
    """One model of all networks, with the organs of all.

    Args:
        parts: networks that see scans alike.
        whole: let it see the whole body at once.

    Raises:
        ModelError: ``model.import_unsupported`` when they see scans differently, ``model.import_damaged``
            when weights are not of their network.
    """
    plan = _plan(parts, whole)
    return Imported(re.sub(r"^Dataset\d+_", "", parts[0].dataset), plan, _weights(plan, parts))


def _plan(parts: Sequence[Trained], whole: bool) -> Plan:
    first = parts[0]
    for other in parts[1:]:
        for what in ("spacing_mm", "patch", "preparation"):
            if getattr(other, what) != getattr(first, what):
                raise unsupported(f"{first.dataset} and {other.dataset} see scans differently ({what})")
    names = [name for part in parts for _, name in sorted(part.names.items())]
    organs = organs_of(dict(enumerate(names, 1)))
    network = _network(parts)
    return Plan(
        name=UNNAMED,
        version="1",
        description=shown(f"Imported from nnU-Net v2: {', '.join(part.dataset for part in parts)}"),
        spacing_mm=first.spacing_mm,
        windows=tuple(part.window for part in parts),
        patch=first.patch,
        multiple=1,
        network=network,
        channels=len(names) + 1,
        labels=tuple(Label(value, value, organ) for value, organ in organs.items()),
        licence=shown("; ".join(dict.fromkeys(part.facts["licence"] for part in parts))),
        training={"imported": [part.facts for part in parts]},
        field_of_view="whole" if whole else "patch",
        tidy=False,
        nnunet=first.preparation,
    )


def _network(parts: Sequence[Trained]) -> dict[str, Any]:
    described = [_ensemble(part) for part in parts]
    if len(parts) == 1:
        return described[0]
    channels = 1 + sum(len(part.names) for part in parts)
    shared = {
        "in_channels": len(parts),
        "out_channels": channels,
        "spatial_dims": len(parts[0].arguments["strides"][0]),
    }
    return {"name": "Specialists", "arguments": {**shared, "networks": described}}


def _ensemble(part: Trained) -> dict[str, Any]:
    shared = {"in_channels": 1, "out_channels": len(part.names) + 1, **part.arguments}
    one = {"name": "NnUNet", "arguments": shared}
    if len(part.folds) == 1:
        return one
    outer = {name: shared[name] for name in ("in_channels", "out_channels", "spatial_dims")}
    return {"name": "Ensemble", "arguments": {**outer, "networks": [one] * len(part.folds)}}


def _weights(plan: Plan, parts: Sequence[Trained]) -> dict[str, Tensor]:
    """All weights by their place in the plan's network, checked before any is copied."""
    import torch

    from ..networks import build

    found: dict[str, Tensor] = {}
    for number, part in enumerate(parts):
        outer = f"members.{number}." if len(parts) > 1 else ""
        for place, weights in enumerate(part.folds.values()):
            inner = f"members.{place}." if len(part.folds) > 1 else ""
            found |= {f"{outer}{inner}{name}": weight for name, weight in weights.items()}
    with torch.device("meta"):
        ours = build(plan.network).state_dict()
    return fitted(found, ours, "A checkpoint", "plans.json")
