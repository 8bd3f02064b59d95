"""Several networks as one."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from OrganSegLib.errors import ModelError
from OrganSegLib.networks import build

ONE: dict[str, Any] = {"name": "NnUNet", "arguments": {"filters": [4, 8]}}


def test_an_ensemble_gives_the_mean_of_its_members() -> None:
    both = build(
        {"name": "Ensemble", "arguments": {"in_channels": 1, "out_channels": 3, "networks": [ONE, ONE]}}
    )
    seen = torch.randn(1, 1, 8, 8, 8)
    with torch.inference_mode():
        expected = torch.stack([member(seen) for member in both.members]).mean(0)
        assert torch.allclose(both(seen), expected, atol=1e-6)


def test_specialists_see_a_window_each_and_share_a_background() -> None:
    parts = [{"name": "NnUNet", "arguments": {"filters": [4, 8], "out_channels": n}} for n in (2, 3)]
    arguments = {"in_channels": 2, "out_channels": 4, "networks": parts}
    joint = build({"name": "Specialists", "arguments": arguments})
    seen = torch.randn(1, 2, 8, 8, 8)
    other = seen.clone()
    other[:, 1] += torch.randn(8, 8, 8)
    with torch.inference_mode():
        logits, changed = joint(seen), joint(other)
    assert torch.all(logits[:, 0] == 0)
    assert torch.equal(logits[:, 1], changed[:, 1])
    assert not torch.equal(logits[:, 2:], changed[:, 2:])


@pytest.mark.parametrize(
    "arguments", [{"in_channels": 1, "out_channels": 3}, {"in_channels": 2, "out_channels": 9}]
)
def test_specialists_that_do_not_add_up_are_refused(arguments: dict[str, int]) -> None:
    parts = [{"name": "NnUNet", "arguments": {"filters": [4, 8], "out_channels": 2}}] * 2
    with pytest.raises(ModelError) as caught:
        build({"name": "Specialists", "arguments": {**arguments, "networks": parts}})
    assert caught.value.code == "model.bad_plan"


def test_levels_must_be_as_many_everywhere() -> None:
    arguments = {"in_channels": 1, "out_channels": 2, "filters": [4, 8], "blocks": [2]}
    with pytest.raises(ModelError) as caught:
        build({"name": "NnUNet", "arguments": arguments})
    assert caught.value.code == "model.bad_plan"
