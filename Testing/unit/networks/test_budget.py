"""Networks that would take up more than they may."""

from __future__ import annotations

import pytest
from OrganSegLib.networks.budget import at_most
from torch import nn


def test_a_network_within_its_budget_is_built() -> None:
    with at_most(20, ValueError("too large")):
        assert sum(p.numel() for p in nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 2)).parameters()) == 20


def test_one_parameter_more_is_refused() -> None:
    with pytest.raises(ValueError, match="too large"), at_most(19, ValueError("too large")):
        nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 2))


def test_afterwards_all_is_as_before() -> None:
    with pytest.raises(ValueError, match="too large"), at_most(1, ValueError("too large")):
        nn.Linear(3, 3)
    assert nn.Linear(3, 3).weight.shape == (3, 3)
