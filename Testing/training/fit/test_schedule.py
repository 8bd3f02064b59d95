"""The learning rate's way up, along and down."""

from __future__ import annotations

import pytest
from organseg_training.config.fit import Fit
from organseg_training.fit.schedule import rate


def fit(schedule: str, hold: float = 0.5) -> Fit:
    facts = {"patches": [[8, 8, 8]], "iterations": 100, "learning_rate": 2.0, "warmup": 10}
    return Fit(**facts, schedule=schedule, hold=hold)


@pytest.mark.parametrize("schedule", ["cosine", "poly", "constant"])
def test_it_warms_up_and_holds(schedule: str) -> None:
    assert rate(0, fit(schedule)) == pytest.approx(0.2)
    assert rate(9, fit(schedule)) == rate(50, fit(schedule)) == 2.0


@pytest.mark.parametrize(
    ("schedule", "half_way"), [("cosine", 1.0), ("poly", 2 * 0.5**0.9), ("constant", 2.0)]
)
def test_it_falls(schedule: str, half_way: float) -> None:
    assert rate(75, fit(schedule)) == pytest.approx(half_way)
    rates = [rate(i, fit(schedule)) for i in range(50, 101)]
    assert rates == sorted(rates, reverse=True)
    assert rates[-1] == pytest.approx(2.0 if schedule == "constant" else 0.004)
