"""Reduced precision is trusted only where it gives the gradients of full precision."""

from __future__ import annotations

from typing import Any

import torch
from organseg_training.fit.precision import gradients_agree
from torch import Tensor, nn

SHAPE = (1, 1, 8, 8, 8)


class _Broken(torch.autograd.Function):
    """Passes everything on, and a wrong gradient where it ran in reduced precision."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, factor: float) -> Tensor:
        ctx.factor = factor if torch.is_autocast_enabled("cpu") else 1.0
        return x.clone()

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        return gradients[0] * ctx.factor, None


class _Network(nn.Sequential):
    def __init__(self, factor: float) -> None:
        super().__init__(nn.Conv3d(1, 4, 3, padding=1), nn.Dropout(0.5), nn.Conv3d(4, 2, 3, padding=1))
        self.factor = factor

    def forward(self, x: Tensor) -> Tensor:
        hidden: Tensor = self[1](self[0](x))
        result: Tensor = self[2](_Broken.apply(hidden, self.factor))
        return result


def test_a_sound_network_is_trusted_and_left_as_it_was() -> None:
    torch.manual_seed(0)
    network = _Network(1.0)
    before, state = network.state_dict(), torch.get_rng_state()
    assert gradients_agree(network, SHAPE, torch.bfloat16)
    assert torch.equal(torch.get_rng_state(), state)
    assert all(p.grad is None for p in network.parameters())
    for name, value in network.state_dict().items():
        torch.testing.assert_close(value, before[name])


def test_wrong_and_infinite_gradients_are_noticed() -> None:
    torch.manual_seed(0)
    assert not gradients_agree(_Network(-1.0), SHAPE, torch.bfloat16)
    assert not gradients_agree(_Network(float("inf")), SHAPE, torch.bfloat16)
