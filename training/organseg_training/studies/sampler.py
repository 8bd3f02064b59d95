"""Optuna's samplers by name, seeded anew for each trial."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

from optuna import Study
from optuna.distributions import BaseDistribution
from optuna.exceptions import ExperimentalWarning
from optuna.samplers import BaseSampler, GPSampler, GridSampler, RandomSampler, TPESampler
from optuna.trial import FrozenTrial

from ..config.tune import Tune
from .space import Space, grid

Ranges = dict[str, BaseDistribution]


class SeededByTrial(BaseSampler):
    """Each trial's draws follow from the seed and its number.

    A sampler with one seed draws the same first values in every worker, and again when a search goes on.

    Args:
        make: seed -> the sampler of one trial.
        seed: of the search.
    """

    def __init__(self, make: Callable[[int], BaseSampler], seed: int) -> None:
        self._make, self._seed = make, seed
        self._sampler = make(seed)

    def before_trial(self, study: Study, trial: FrozenTrial) -> None:
        self._sampler = self._make(self._seed + trial.number)
        self._sampler.before_trial(study, trial)

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> Ranges:
        return self._sampler.infer_relative_search_space(study, trial)

    def sample_relative(self, study: Study, trial: FrozenTrial, search_space: Ranges) -> dict[str, Any]:
        return self._sampler.sample_relative(study, trial, search_space)

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        return self._sampler.sample_independent(study, trial, param_name, param_distribution)


def make_sampler(tune: Tune, space: Space, seed: int) -> BaseSampler:
    """The sampler that the section names; Bayesian ones begin with ``tune.startup`` random trials."""
    if tune.sampler == "grid":  # gives each trial its own point by itself
        return GridSampler(grid(space, tune.points), seed=seed)
    return SeededByTrial(
        {
            "random": lambda s: RandomSampler(seed=s),
            "tpe": lambda s: TPESampler(seed=s, n_startup_trials=tune.startup),
            "gp": lambda s: _gaussian_process(s, tune.startup),
        }[tune.sampler],
        seed,
    )


def count_trials(tune: Tune, space: Space) -> int:
    """How many trials a round has."""
    if tune.sampler != "grid":
        return tune.trials
    return math.prod(len(values) for values in grid(space, tune.points).values())


def _gaussian_process(seed: int, startup: int) -> BaseSampler:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        return GPSampler(seed=seed, n_startup_trials=startup)
