"""Scores of an organ over many scans: medians, quartiles and seeded bootstrap intervals, by patient."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..config.evaluation import Evaluation as Settings
from .organ import METRICS, OrganScore

SUMMARISED = (*METRICS, "volume_error_ml", "absolute_volume_error_ml", "false_positive_ml")
Rated = tuple[str, OrganScore]  # patient, score


@dataclass(frozen=True)
class Spread:
    """How a score is distributed.

    Attributes:
        scans: how many scans have it.
        low, high: ends of the bootstrap's interval of the median; None for a single patient.
    """

    scans: int
    median: float
    quartile_1: float
    quartile_3: float
    mean: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class OrganSummary:
    """One organ over all scans.

    Attributes:
        states: how many scans are in which state, see `organ.OrganScore`.
        spreads: by score. Missed organs count as 0 where the score has a worst value; the distances in mm
            are of the scans where the organ was found: read them beside the number of those missed.
    """

    organ: str
    states: dict[str, int]
    spreads: dict[str, Spread]


def summarise(scores: Iterable[Rated], settings: Settings, seed: int) -> list[OrganSummary]:
    """Summarise scores organ by organ, in the order in which organs first appear.

    Args:
        scores: (patient, score); the scans of one patient are drawn together, since they are alike.
        seed: of the bootstrap.
    """
    by_organ: dict[str, list[Rated]] = {}
    for patient, score in scores:
        by_organ.setdefault(score.organ, []).append((patient, score))
    summaries = []
    for organ, rated in by_organ.items():
        states: Counter[str] = Counter(score.state for _, score in rated)
        spreads = {name: _spread(rated, name, settings, seed) for name in SUMMARISED}
        told = {name: spread for name, spread in spreads.items() if spread is not None}
        summaries.append(OrganSummary(organ, dict(states), told))
    return summaries


def _spread(rated: list[Rated], name: str, settings: Settings, seed: int) -> Spread | None:
    by_patient: dict[str, list[float]] = {}
    for patient, score in rated:
        value = _value(score, name)
        if value is not None:
            by_patient.setdefault(patient, []).append(value)
    if not by_patient:
        return None
    values = np.concatenate([*by_patient.values()])
    low, high = _interval([*by_patient.values()], settings, seed)
    q1, median, q3 = (float(q) for q in np.percentile(values, [25, 50, 75]))
    return Spread(len(values), median, q1, q3, float(values.mean()), low, high)


def _value(score: OrganScore, name: str) -> float | None:
    if name == "absolute_volume_error_ml":
        return None if score.volume_error_ml is None else abs(score.volume_error_ml)
    value: float | None = getattr(score, name)
    return value


def _interval(
    patients: list[list[float]], settings: Settings, seed: int
) -> tuple[float | None, float | None]:
    """Percentile bootstrap of the median, patients drawn with replacement."""
    from scipy.stats import bootstrap

    if len(patients) < 2:
        return None, None

    most = max(map(len, patients))
    values = np.array([scans + [np.nan] * (most - len(scans)) for scans in patients])

    def median(drawn: NDArray[np.int64], axis: int) -> NDArray[np.float64]:
        scans = values[np.moveaxis(drawn, axis, -1)]
        return np.asarray(np.nanmedian(scans.reshape(*scans.shape[:-2], -1), axis=-1))

    interval = bootstrap(
        (np.arange(len(patients)),),
        median,
        n_resamples=settings.resamples,
        vectorized=True,
        confidence_level=settings.confidence,
        method="percentile",
        rng=np.random.default_rng(seed),
    ).confidence_interval
    return float(interval.low), float(interval.high)
