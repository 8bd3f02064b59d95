"""Models of several networks: which of them the chosen organs need, and each as a model of its own."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from itertools import accumulate, pairwise

import numpy as np

from .model import Model
from .plan import Label, Plan
from .volume import Labelmap


def needed(model: Model, organs: Collection[int]) -> tuple[Model, dict[int, int]]:
    """The model without those specialists none of whose organs are wanted.

    Args:
        model: of one network, which is needed in any case, or of `Specialists`.
        organs: label values.

    Where an unwanted network would have claimed voxels of a wanted one's organ, that organ keeps them.

    Returns:
        The smaller model, whose label values begin with 1 again, and for each of them the value in ``model``.
    """
    plan = model.plan
    ends = _ends(plan)
    wanted = {label.channel for label in plan.labels if label.value in organs}
    places = tuple(n for n, (a, b) in enumerate(pairwise(ends)) if wanted.intersection(range(a, b)))
    if len(places) == len(ends) - 1:
        return model, {value: value for value in plan.organs}
    smaller = _only(model, places)
    back = {organ.name: value for value, organ in plan.organs.items()}
    return smaller, {value: back[organ.name] for value, organ in smaller.plan.organs.items()}


def members(model: Model) -> list[Model]:
    """Each specialist as a model of its own, in their order; any other model as it is."""
    count = len(_ends(model.plan)) - 1
    return [model] if count == 1 else [_only(model, (place,)) for place in range(count)]


def with_values(labelmap: Labelmap, values: Mapping[int, int], plan: Plan) -> Labelmap:
    """Labels of a smaller model with the label values of ``plan``, as `needed` has them."""
    if all(value == own for value, own in values.items()):
        return labelmap
    own = np.zeros(max(values) + 1, np.min_scalar_type(len(plan.labels)))
    own[[*values]] = [*values.values()]
    organs = {values[value]: organ for value, organ in labelmap.organs.items()}
    return Labelmap(own[labelmap.voxels], labelmap.grid, organs)


def _ends(plan: Plan) -> list[int]:
    """Where each network's channels begin; at last, where all end."""
    if plan.network["name"] != "Specialists":
        return [1, plan.channels]
    counts = [network["arguments"]["out_channels"] - 1 for network in plan.network["arguments"]["networks"]]
    return list(accumulate(counts, initial=1))


def _only(model: Model, places: tuple[int, ...]) -> Model:
    plan, ends = model.plan, _ends(model.plan)
    networks = [plan.network["arguments"]["networks"][place] for place in places]
    kept = [channel for place in places for channel in range(ends[place], ends[place + 1])]
    found = {label.channel: label.organ for label in plan.labels}
    organs = [(channel, found[old]) for channel, old in enumerate(kept, 1) if old in found]
    names = {organ.name for _, organ in organs}
    shared = {"in_channels": len(places), "out_channels": len(kept) + 1, "spatial_dims": plan.dimensions}
    network = {"name": "Specialists", "arguments": {**shared, "networks": networks}}
    if len(places) == 1:
        network = {"name": networks[0]["name"], "arguments": {**networks[0]["arguments"], **shared}}
    smaller = replace(
        plan,
        windows=tuple(plan.windows[place] for place in places),
        network=network,
        channels=len(kept) + 1,
        labels=tuple(Label(channel, value, organ) for value, (channel, organ) in enumerate(organs, 1)),
        uncertainty={name: limit for name, limit in plan.uncertainty.items() if name in names},
        experimental=tuple(name for name in plan.experimental if name in names),
    )
    mine = model.members or tuple(range(len(ends) - 1))
    return replace(model, plan=smaller, members=tuple(mine[place] for place in places))
