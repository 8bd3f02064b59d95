"""The layers of any network in the order in which they run: which are the encoder, which is the head."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ..errors import TrainingError


@dataclass(frozen=True)
class Layer:
    """A module that holds weights itself.

    Attributes:
        name: in the network.
        module: the layer.
        voxels: of its output's spatial axes.
    """

    name: str
    module: nn.Module
    voxels: int


def layers_in_order(network: nn.Module, example: Tensor) -> list[Layer]:
    """Run ``example`` once and note each layer as its output comes."""
    found: dict[str, Layer] = {}

    def note(name: str, module: nn.Module, output: Tensor) -> None:
        found.setdefault(name, Layer(name, module, math.prod(output.shape[2:])))

    hooks = [
        module.register_forward_hook(lambda m, _, output, name=name: note(name, m, output))
        for name, module in network.named_modules()
        if any(True for _ in module.parameters(recurse=False))
    ]
    training = network.training
    try:
        with torch.no_grad():
            network.eval()(example)
    finally:
        network.train(training)
        for hook in hooks:
            hook.remove()
    return list(found.values())


def class_biases(layers: Sequence[Layer], classes: int) -> Tensor | None:
    """The last layer's own biases, to be changed in place, or None where it has none for each class.

    Returns:
        (classes, outputs): a sub-pixel head has several outputs for each class, side by side.
    """
    bias = getattr(layers[-1].module, "bias", None)
    if not isinstance(bias, Tensor) or len(bias) % classes:
        return None
    return bias.detach().view(classes, -1)


def start_at_background(layers: Sequence[Layer], classes: int) -> None:
    """Biases: background is the likely class, or the first steps are spent on learning that."""
    biases = class_biases(layers, classes)
    if biases is not None:
        biases[0], biases[1:] = 2.0, -2.0


def freeze(network: nn.Module, layers: Sequence[Layer], frozen: Sequence[str] | int) -> None:
    """Keep layers as they are.

    Args:
        network: whose parameters shall not learn.
        layers: of `layers_in_order`.
        frozen: so many convolution or linear layers from the input on, with their normalisation; or
            beginnings of parameters' names. ``encoder`` stands for all layers up to the last one at the
            coarsest resolution, where the network has nothing of that name itself.

    Raises:
        TrainingError: ``training.nothing_frozen`` names the choices when there is no such layer, or when
            nothing would be left to learn.
    """
    prefixes = _first(layers, frozen) if isinstance(frozen, int) else _named(network, layers, frozen)
    for name, parameter in network.named_parameters():
        parameter.requires_grad_(not any(_begins(name, prefix) for prefix in prefixes))
    if not any(parameter.requires_grad for parameter in network.parameters()):
        raise _nothing(network, "all layers are frozen, and nothing is left to learn")


def _first(layers: Sequence[Layer], count: int) -> list[str]:
    names, seen = [], 0
    for layer in layers:
        seen += next(layer.module.parameters(recurse=False)).ndim > 1  # not a normalisation
        if seen > count:
            break
        names.append(layer.name)
    return names


def _named(network: nn.Module, layers: Sequence[Layer], frozen: Sequence[str]) -> list[str]:
    prefixes = list(frozen)
    if "encoder" in prefixes and not hasattr(network, "encoder"):
        coarsest = min(layer.voxels for layer in layers)
        last = max(n for n, layer in enumerate(layers) if layer.voxels == coarsest)
        prefixes.remove("encoder")
        prefixes += [layer.name for layer in layers[: last + 1]]
    for prefix in prefixes:
        if not any(_begins(name, prefix) for name, _ in network.named_parameters()):
            raise _nothing(network, f"no layer's name begins with {prefix}")
    return prefixes


def _begins(name: str, prefix: str) -> bool:
    return name == prefix or name.startswith(prefix.rstrip(".") + ".")


def _nothing(network: nn.Module, reason: str) -> TrainingError:
    names = sorted({".".join(name.split(".")[:2]) for name, _ in network.named_parameters()})
    return TrainingError(
        "training.nothing_frozen",
        f"Layers cannot be frozen as asked: {reason}.",
        f"Choose encoder, a number of layers, or among: {', '.join(names)}.",
    )
