"""Hounsfield units of an organ's voxels, summed up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

PERCENTILES = (5, 25, 50, 75, 95)


@dataclass(frozen=True)
class Attenuation:
    """Statistics of the Hounsfield units in an organ.

    Attributes:
        sd_hu: sample standard deviation (N - 1), as in Slicer's Segment Statistics; None for one voxel.
        median_hu, p5_hu, p25_hu, p75_hu, p95_hu: percentiles, linear between ranks (definition 7 of Hyndman
            and Fan 1996, The American Statistician 50:361; numpy's and PyRadiomics').
    """

    mean_hu: float
    sd_hu: float | None
    median_hu: float
    min_hu: float
    max_hu: float
    p5_hu: float
    p25_hu: float
    p75_hu: float
    p95_hu: float


def attenuation(values: NDArray[Any]) -> Attenuation:
    """Of one voxel or more. Integers are counted, which is as exact as sorting them and far quicker."""
    if values.dtype.kind not in "iu":
        mean = float(values.mean(dtype=np.float64))
        sd = float(values.std(ddof=1, dtype=np.float64)) if values.size > 1 else None
        return _statistics(mean, sd, values.min(), values.max(), np.percentile(values, PERCENTILES))
    lowest = int(values.min())
    counts = np.bincount(values.astype(np.intp) - lowest)
    units = np.flatnonzero(counts)
    weights = counts[units]
    n = values.size
    mean = float(units @ weights) / n
    squares = float((units - mean) ** 2 @ weights)
    sd = (squares / (n - 1)) ** 0.5 if n > 1 else None
    units += lowest
    return _statistics(mean + lowest, sd, units[0], units[-1], _percentiles(units, weights))


def _percentiles(units: NDArray[np.intp], weights: NDArray[np.intp]) -> NDArray[np.float64]:
    """``PERCENTILES`` of values of which each unit is there ``weights`` times."""
    up_to = np.cumsum(weights)
    rank = np.array(PERCENTILES) / 100 * (up_to[-1] - 1)
    low, high = (units[np.searchsorted(up_to, end(rank), side="right")] for end in (np.floor, np.ceil))
    between: NDArray[np.float64] = low + (high - low) * (rank % 1)
    return between


def _statistics(
    mean: float, sd: float | None, lowest: float, highest: float, percentiles: NDArray[np.floating[Any]]
) -> Attenuation:
    p5, p25, median, p75, p95 = (float(value) for value in percentiles)
    return Attenuation(mean, sd, median, float(lowest), float(highest), p5, p25, p75, p95)
