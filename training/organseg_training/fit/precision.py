"""Whether reduced precision can be trusted with the gradients of an input's shape."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

ALIKE = 0.95  # cosine between gradients; bfloat16 that works gives more than 0.99
NEGLIGIBLE = 1e-3  # a gradient so much smaller than the largest is rounding


def gradients_agree(network: nn.Module, shape: Sequence[int], dtype: torch.dtype) -> bool:
    """Compare the gradients of one backward pass in ``dtype`` with those in float32, on the CPU.

    oneDNN's bfloat16 convolutions give wrong or infinite weight gradients for some shapes: with torch 2.13 on
    a CPU with AVX-512-BF16 where a 3D feature map is two voxels thin (cosine 0.7 to 0.8 for the deepest
    convolution of the shipped network with a patch of 32 voxels along z, above 0.99 with 48).

    Args:
        network: with its weights; unchanged afterwards, as are the random states.
        shape: of the input, (batch, windows, [z,] y, x).
        dtype: of the autocast that shall be trusted.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        x = torch.randn(*shape)
        exact = _gradients(network, x, dtype, enabled=False)
        torch.manual_seed(0)
        torch.randn(*shape)  # dropout draws the same numbers again
        fast = _gradients(network, x, dtype, enabled=True)
    largest = max((float(gradient.norm()) for gradient in exact.values()), default=0.0)
    return all(
        bool(fast[name].isfinite().all())
        and float(torch.cosine_similarity(gradient.flatten(), fast[name].flatten(), 0)) > ALIKE
        for name, gradient in exact.items()
        if float(gradient.norm()) > NEGLIGIBLE * largest
    )


def _gradients(network: nn.Module, x: Tensor, dtype: torch.dtype, enabled: bool) -> dict[str, Tensor]:
    with torch.autocast("cpu", dtype, enabled=enabled):
        output = network(x)
    learning = {name: p for name, p in network.named_parameters() if p.requires_grad and p.dim() > 1}
    target = torch.linspace(-1, 1, output.shape[1]).reshape(1, -1, *[1] * (output.dim() - 2))
    loss = (output.float() - target.to(output.device)).square().mean()
    return dict(zip(learning, torch.autograd.grad(loss, list(learning.values())), strict=True))
