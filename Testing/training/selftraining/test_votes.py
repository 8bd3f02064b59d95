"""Votes of several views: a network that sees each voxel alone must get its own answer back."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from organseg_training.selftraining.votes import VIEWS, View, mean_probabilities
from OrganSegLib.organs import organ_named
from OrganSegLib.plan import Label, Plan, Window
from torch import nn

PLAN = Plan(
    name="bright",
    version="0",
    description="",
    spacing_mm=(3.0, 3.0, 3.0),
    windows=(Window(-1000, 1000, 0, 1000),),
    patch=(16, 16, 16),
    multiple=16,
    network={"name": "none", "arguments": {}},
    channels=2,
    labels=(Label(1, 1, organ_named("liver")),),
    licence="CC0-1.0",
)


class Bright(nn.Module):
    """Says 1 where a voxel is above 0 HU."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.cat([-50 * x, 50 * x], 1)


@pytest.fixture
def hu() -> np.ndarray:
    """A bright block, off the centre on every axis, in a dark body."""
    volume = np.full((30, 34, 26), -400, np.float32)
    volume[6:16, 4:16, 12:22] = 400
    return volume


@pytest.mark.parametrize("view", VIEWS, ids=str)
def test_a_view_is_turned_back_to_the_scan(view: View, hu: np.ndarray) -> None:
    found = mean_probabilities(Bright(), hu, PLAN, (view,)).argmax(0) == 1
    truth = hu > 0
    assert 2 * (found & truth).sum() / (found.sum() + truth.sum()) > 0.9
    # Never mirrored: the block stays on its side.
    assert np.abs(np.argwhere(found).mean(0) - np.argwhere(truth).mean(0)).max() < 0.5


def test_probabilities_are_means_of_probabilities(hu: np.ndarray) -> None:
    mean = mean_probabilities(Bright(), hu, PLAN)
    np.testing.assert_allclose(mean.sum(0), 1, atol=1e-4)
    assert ((mean[1] > 0.05) & (mean[1] < 0.95)).any()  # at the block's edges the views differ
