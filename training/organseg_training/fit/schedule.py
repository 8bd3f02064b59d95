"""How the learning rate goes up and down."""

from __future__ import annotations

import math

from ..config.fit import Fit

LOWEST = 0.002  # share of the highest rate, at the very end
POWER = 0.9  # of the polynomial: Isensee et al., Nature Methods 2021


def rate(iteration: int, fit: Fit) -> float:
    """The learning rate of an iteration: a linear warm-up, a plateau, then the fall.

    A function of the iteration alone: nothing to save, and while the rate holds the end may still be moved.
    """
    warm = min(1.0, (iteration + 1) / fit.warmup) if fit.warmup else 1.0
    fallen = max(0.0, (iteration / fit.iterations - fit.hold) / (1 - fit.hold))
    left = 1.0
    if fit.schedule == "cosine":
        left = 0.5 * (1 + math.cos(math.pi * fallen))
    elif fit.schedule == "poly":
        left = math.pow(1 - fallen, POWER)
    return fit.learning_rate * warm * max(left, LOWEST)
