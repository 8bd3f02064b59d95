"""A checkpoint's weights, compared with the network that they shall fill before any of them is copied."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import TYPE_CHECKING

from .refusals import damaged

if TYPE_CHECKING:
    from torch import Tensor


def held_bytes(weights: Mapping[str, Tensor]) -> int:
    """Memory that weights really take.

    Of huge weights a file can hold one number and say that it counts for all.
    """
    storages = [weight.untyped_storage() for weight in weights.values()]
    return sum({storage.data_ptr(): storage.nbytes() for storage in storages}.values())


def fitted(
    found: Mapping[str, Tensor], ours: Mapping[str, Tensor], called: str, network: str
) -> dict[str, Tensor]:
    """The weights for a network, float32. Whole numbers are the network's own: they are its layout.

    Args:
        found: weights by our names.
        ours: those of the untrained network; only shapes are needed of its floats.
        called: what to call the checkpoint in an error.
        network: where the network is described, in words.

    Raises:
        ModelError: ``model.import_damaged`` when they are not of that network.
    """
    expected = {name: weight.shape for name, weight in ours.items() if weight.is_floating_point()}
    shapes = {name: weight.shape for name, weight in found.items() if weight.is_floating_point()}
    if shapes != expected or held_bytes(found) < sum(map(prod, expected.values())):
        raise damaged(called, f"its weights are not those of the network in {network}")
    return {
        name: found[name].float().contiguous() if name in expected else weight
        for name, weight in ours.items()
    }
