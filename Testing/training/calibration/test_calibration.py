"""Rank correlations, thresholds, and whom they are judged by."""

from __future__ import annotations

import numpy as np
import pytest
from organseg_training.calibration import Calibration, Pair, choose_thresholds, markdown
from organseg_training.calibration.thresholds import LEAST_PEOPLE
from organseg_training.errors import DataError

MODEL = {"iterations": 2, "organs": ["liver", "spleen"]}


def pair(entropy: float, dice: float, organ: str = "liver", patient: str = "a", part="check") -> Pair:
    return Pair(patient, patient, part, "as it is", organ, entropy, entropy / 2, dice)


def of(*pairs: Pair) -> Calibration:
    return Calibration(MODEL, pairs)


def test_one_in_twenty_found_well_may_be_above_the_threshold() -> None:
    entropies = np.random.default_rng(0).random(200)
    limits = choose_thresholds([pair(e, 0.9, patient=str(n)) for n, e in enumerate(entropies)])
    assert (entropies > limits["liver"]).mean() == pytest.approx(0.05, abs=0.005)


def test_few_people_only_raise_the_common_threshold() -> None:
    livers = [pair(0.1, 0.9, patient=str(n)) for n in range(LEAST_PEOPLE)]
    low, high = pair(0.01, 0.9, "spleen"), pair(0.4, 0.9, "colon")
    poor = pair(0.9, 0.1, "stomach")
    limits = choose_thresholds([*livers, low, poor])
    assert limits == {"liver": 0.1, "spleen": 0.1, "stomach": 0.1}
    assert choose_thresholds([*livers, high])["colon"] == 0.4
    spleens = [pair(0.01, 0.9, "spleen", str(n)) for n in range(LEAST_PEOPLE)]
    assert choose_thresholds([*livers, *spleens])["spleen"] == 0.01


def test_no_threshold_without_an_organ_found_well() -> None:
    assert choose_thresholds([pair(0.2, 0.1)]) == {}


def test_correlation_is_of_ranks() -> None:
    falling = [pair(x, (1 - x) ** 5) for x in (0.1, 0.2, 0.4, 0.8)]
    whole, liver = of(*falling).summaries
    assert (whole.of, liver.of) == ("all organs", "liver")
    assert whole.correlation == liver.correlation == liver.border_correlation == -1
    mixed = of(pair(0.1, 0.9), pair(0.2, 0.95), pair(0.3, 0.1), pair(0.4, 0.2)).summaries[0]
    assert mixed.correlation == pytest.approx(-0.6)


@pytest.mark.parametrize("pairs", [[(0.1, 0.9), (0.2, 0.8)], [(0.1, 0.9)] * 4, [(0.1, 0.9), (0.2, 0.9)] * 2])
def test_no_correlation_of_few_or_equal(pairs: list[tuple[float, float]]) -> None:
    assert of(*(pair(*values) for values in pairs)).summaries[0].correlation is None


def test_nobody_is_judged_by_thresholds_that_he_gave() -> None:
    """Each of two people is held against the other's threshold: 0.1 and 0.3."""
    one = [pair(0.1, 0.9, patient="a"), pair(0.2, 0.2, patient="a"), pair(0.4, 0.3, patient="a")]
    other = [pair(0.3, 0.9, patient="b"), pair(0.2, 0.1, patient="b")]
    summary = of(*one, *other).summaries[0]
    assert (summary.pairs, summary.poor) == (5, 3)
    assert summary.sensitivity == pytest.approx(2 / 3, abs=1e-3)
    assert summary.false_alarms == 0.5
    alone = of(*one).summaries[0]
    assert alone.sensitivity is alone.false_alarms is None


def test_parts_are_told_apart() -> None:
    pairs = [pair(0.1, 0.9), pair(0.2, 0.8, "spleen"), pair(0.3, 0.8, "spleen", "b", "train")]
    counts = {summary.of: summary.pairs for summary in of(*pairs).summaries}
    assert counts == {
        "all organs": 3,
        "all organs, check": 2,
        "all organs, train": 1,
        "liver": 1,
        "spleen": 2,
    }
    assert "1 check, 1 train (only worse copies)" in markdown(of(*pairs))


def test_kept_and_read_again(tmp_path) -> None:
    calibration = of(pair(0.1, 0.9), pair(0.2, 0.8, "spleen"))
    calibration.save(tmp_path)
    assert Calibration.load(tmp_path) == calibration
    heading, *rows = (tmp_path / "calibration.csv").read_text().splitlines()
    assert heading == "scan,patient,part,change,organ,entropy,border_entropy,dice"
    assert rows[1] == "a,a,check,as it is,spleen,0.2,0.1,0.8"
    (tmp_path / "calibration.json").write_text("{}")
    with pytest.raises(DataError) as refusal:
        Calibration.load(tmp_path)
    assert refusal.value.code == "data.damaged_calibration"
