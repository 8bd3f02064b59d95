"""Many scans in few numbers, and none of them hidden."""

from __future__ import annotations

import pytest
from organseg_training.config.evaluation import Evaluation
from organseg_training.scoring import OrganScore, summarise

SETTINGS = Evaluation(resamples=200)


def found(dice: float) -> OrganScore:
    return OrganScore("liver", "found", dice=dice, hd95_mm=10 * (1 - dice), volume_error_ml=dice - 1)


def test_missed_organs_pull_the_median_down_and_are_counted():
    scores = [("a", found(0.9)), ("b", found(0.8)), ("c", OrganScore("liver", "missed", dice=0.0))]
    scores += [("d", OrganScore("liver", "absent", false_positive_ml=0.0))]
    (liver,) = summarise(scores, SETTINGS, seed=1)
    assert liver.states == {"found": 2, "missed": 1, "absent": 1}
    dice = liver.spreads["dice"]
    assert (dice.scans, dice.median, dice.mean) == (3, 0.8, pytest.approx(1.7 / 3))
    assert (dice.quartile_1, dice.quartile_3) == pytest.approx((0.4, 0.85))
    assert liver.spreads["hd95_mm"].scans == 2
    assert liver.spreads["absolute_volume_error_ml"].median == pytest.approx(0.15)
    assert "nsd" not in liver.spreads


def test_interval_is_seeded_and_holds_the_median():
    scores = [(str(n), found(0.5 + n / 40)) for n in range(16)]
    first, again, other = (summarise(scores, SETTINGS, seed)[0].spreads["dice"] for seed in (1, 1, 2))
    assert first == again
    assert first.low < first.median < first.high
    assert (first.low, first.high) != (other.low, other.high)


def test_scans_of_one_patient_are_not_independent():
    """Ten scans of one person and one of another are two people, which the interval must show."""
    scores = [("a", found(0.9))] * 10 + [("b", found(0.1))]
    dice = summarise(scores, SETTINGS, seed=1)[0].spreads["dice"]
    assert (dice.low, dice.high) == pytest.approx((0.1, 0.9))
    (alone,) = summarise(scores[:10], SETTINGS, seed=1)
    assert alone.spreads["dice"].low is None
