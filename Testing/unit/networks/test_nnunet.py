"""nnU-Net's networks for images of any size."""

from __future__ import annotations

import pytest
import torch
from OrganSegLib.networks.nnunet import NnUNet


@pytest.mark.parametrize("residual", [False, True])
@pytest.mark.parametrize("shape", [(16, 20, 24), (17, 18, 23), (9, 15, 21)])
def test_what_comes_out_is_as_large_as_what_went_in(shape: tuple[int, int, int], residual: bool) -> None:
    network = NnUNet(1, 3, filters=(4, 4, 8), residual=residual)
    assert network(torch.randn(1, 1, *shape)).shape == (1, 3, *shape)


@pytest.mark.parametrize("residual", [False, True])
def test_an_odd_size_changes_nothing_far_from_its_end(residual: bool) -> None:
    """Without normalisation, which sees all at once."""
    network = NnUNet(1, 2, spatial_dims=2, filters=(4, 4), residual=residual, bias=False)
    for name, layer in list(network.named_modules()):
        if isinstance(layer, torch.nn.InstanceNorm2d):
            network.set_submodule(name, torch.nn.Identity())
    odd = torch.randn(1, 1, 47, 39)
    even = torch.nn.functional.pad(odd, (0, 1, 0, 1))
    with torch.inference_mode():
        assert torch.allclose(network(odd)[..., :30, :22], network(even)[..., :30, :22], atol=1e-5)
