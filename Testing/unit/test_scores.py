"""Leads, and the entropy, of known outputs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from OrganSegLib import scores
from OrganSegLib.plan import Label, Plan
from OrganSegLib.predict import Logits
from OrganSegLib.scores import argmax, argmax_and_entropy
from OrganSegLib.volume import Grid
from scipy.special import softmax
from scipy.stats import entropy as entropy_of

GRID = Grid((7, 6, 5), (3.0, 3.0, 3.0))
LIVER = 5
OUTCOMES = 20  # nineteen organs, and none of them


def _logits(plan: Plan, likely: dict[int, float], grid: Grid = GRID, rest: float = -50.0) -> Logits:
    """The same outputs at every voxel: channel -> value."""
    values = np.full((plan.channels, *grid.shape), rest, np.float32)
    for channel, value in likely.items():
        values[channel] = value
    return Logits(values, grid)


def _random(plan: Plan) -> Logits:
    values = np.random.default_rng(0).normal(0, 3, (plan.channels, *GRID.shape)).astype(np.float32)
    return Logits(values, GRID)


@pytest.mark.parametrize(
    ("likely", "entropy"),
    [
        ({LIVER: 50.0}, 0.0),
        ({LIVER: 3.0, 1: 3.0}, np.log(2) / np.log(OUTCOMES)),
        ({LIVER: 0.0, 1: np.log(3)}, -(0.25 * np.log(0.25) + 0.75 * np.log(0.75)) / np.log(OUTCOMES)),
        ({0: 2.0, 20: 1.0, 21: 2.0}, 0.0),  # which of the outputs that mean no organ is no matter
        ({0: 1.0, 21: 1.0, LIVER: 1.0 + np.log(2)}, np.log(2) / np.log(OUTCOMES)),
        ({**dict.fromkeys(range(1, 20), 7.0), 0: 7.0}, 1.0),
        ({LIVER: 1e30, 1: -1e30}, 0.0),
    ],
)
def test_entropy_of_known_outputs(likely: dict[int, float], entropy: float, tiny_plan: Plan) -> None:
    _, found = argmax_and_entropy(_logits(tiny_plan, likely), tiny_plan)
    assert found.shape == GRID.shape
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, entropy, atol=1e-5)


def test_half_precision_gives_the_same(tiny_plan: Plan) -> None:
    values = np.random.default_rng(0).normal(0, 5, (tiny_plan.channels, *GRID.shape)).astype(np.float16)
    _, single = argmax_and_entropy(Logits(values.astype(np.float32), GRID), tiny_plan)
    np.testing.assert_array_equal(argmax_and_entropy(Logits(values, GRID), tiny_plan)[1], single)
    assert 0 < single.min() < single.max() < 1


@pytest.mark.parametrize("block", [1, 500, 1 << 20], ids=["row by row", "some rows", "all at once"])
def test_both_are_those_of_the_definition(
    block: int, tiny_plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scores, "BLOCK", block)
    logits = _random(tiny_plan)
    labels, entropy = argmax_and_entropy(logits, tiny_plan)
    winner = logits.values.argmax(0)
    winner[winner >= OUTCOMES] = 0
    assert labels.dtype == np.uint8
    assert np.array_equal(labels, winner)
    assert np.array_equal(argmax(logits, tiny_plan), winner)
    likely = softmax(logits.values.astype(float), axis=0)
    nothing = likely[[*tiny_plan.background_channels]].sum(0, keepdims=True)
    expected = entropy_of(np.concatenate([nothing, likely[1:OUTCOMES]]), axis=0) / np.log(OUTCOMES)
    np.testing.assert_allclose(entropy, expected, atol=1e-6)


def test_channels_need_not_be_in_the_order_of_their_labels(tiny_plan: Plan) -> None:
    turned = [Label(20 - label.value, label.value, label.organ) for label in tiny_plan.labels]
    logits = _random(tiny_plan)
    labels, entropy = argmax_and_entropy(logits, replace(tiny_plan, labels=tuple(turned)))
    straight, same = argmax_and_entropy(logits, tiny_plan)
    assert np.array_equal(labels, np.where(straight > 0, 20 - straight, 0))
    np.testing.assert_allclose(entropy, same, atol=1e-6)


def test_of_two_organs_with_the_same_lead_the_first_has_the_voxel(tiny_plan: Plan) -> None:
    labels = argmax(_logits(tiny_plan, {LIVER: 3.0, LIVER + 1: 3.0}), tiny_plan)
    assert set(np.unique(labels)) == {LIVER}


def test_the_outputs_stay_as_they_are(tiny_plan: Plan) -> None:
    logits = _random(tiny_plan)
    before = logits.values.copy()
    argmax_and_entropy(logits, tiny_plan)
    np.testing.assert_array_equal(logits.values, before)
