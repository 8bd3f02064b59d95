"""Optuna's figures of a search, drawn by matplotlib."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import optuna
from optuna.distributions import BaseDistribution
from optuna.trial import FrozenTrial

from ..figures import save_figure
from .space import Space


def draw_trials(folder: Path, space: Space, trials: Sequence[FrozenTrial]) -> None:
    """Write ``history.png``, ``parallel.png`` and ``importance.png``.

    Args:
        folder: to write to.
        space: ranges that hold the trials of all rounds.
        trials: complete ones; as long as their results are equal, there is only a history.
    """
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot
    from optuna.visualization import matplotlib as figures

    study = optuna.create_study(direction="maximize")
    ranges: dict[str, BaseDistribution] = {**space}
    for trial in trials:  # under the ranges of the first round, since each round has its own
        study.add_trial(optuna.create_trial(params=trial.params, distributions=ranges, value=trial.value))
    draw: dict[str, Callable[[optuna.Study], Any]] = {"history": figures.plot_optimization_history}
    if len({trial.value for trial in trials}) > 1:
        draw |= {"parallel": figures.plot_parallel_coordinate, "importance": figures.plot_param_importances}
    for name, function in draw.items():
        with warnings.catch_warnings(), matplotlib.rc_context():  # Optuna changes the style of all figures
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            figure = function(study).figure
        figure.set_size_inches(max(8, 1.5 * len(space)), 5)
        save_figure(figure, folder / f"{name}.png", bbox_inches="tight")
        pyplot.close(figure)
