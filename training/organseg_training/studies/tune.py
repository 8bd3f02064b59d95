"""Search for better settings: random, grid or Bayesian, in rounds that narrow around the best so far."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import optuna
from optuna.trial import FrozenTrial, TrialState

from ..config import Config
from ..errors import TrainingError
from ..split import Fold
from .cohort import Cohort
from .sampler import count_trials, make_sampler
from .space import Space, applied, make_space, narrowed, plain, suggest
from .table import Result, Row, write_table
from .trial_plots import draw_trials
from .workers import first_number, one_at_a_time, open_storage, work

NAME = "trials"
WAIT_S = 1.0  # between looks at the other workers' trials


@dataclass(frozen=True)
class Round:
    """One round of a search.

    Attributes:
        number: 1 is in the ranges of the configuration.
        space: its ranges.
        study: its trials.
    """

    number: int
    space: Space
    study: optuna.Study

    @property
    def done(self) -> list[FrozenTrial]:
        return self.study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))

    @property
    def running(self) -> int:
        return len(self.study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)))


def tune(config: Config, run: Path, storage: str = "", progress: bool = False) -> Result:
    """Search as ``config.tune`` says, in as many processes as call this, for the best validation Dice.

    Bad trials end early: those whose best Dice so far is below the median of the others at the same
    iteration (Optuna's ``MedianPruner``). A trial is a run of its own in ``RUN/trials/ROUND-NUMBER``.

    Args:
        config: what stays equal, and the ranges to search.
        run: folder of the study; ``trials.csv`` and the like, ``best.yaml`` (a configuration for `fit`) and
            the figures in ``RUN/trials`` are written there.
        storage: see `workers.open_storage`.
        progress: show each training's progress on the terminal.

    Returns:
        One row per trial, the best one first.

    Raises:
        ConfigError: as `make_space`.
        TrainingError: ``training.no_validation``, ``training.other_search``, ``training.no_result``.
    """
    space = make_space(config)
    cohort = Cohort.of(config, run)
    fold = cohort.folds(config)[0]
    _check_validation(cohort, config, fold)
    shared = open_storage(run, storage)
    rounds: list[Round] = []
    for number in range(1, config.tune.refinements + 2):
        if rounds:
            space = narrowed(space, _best(rounds).params)
        study = _open_study(shared, f"{run.resolve().name}/tune/{number}", config, space)
        rounds.append(Round(number, space, study))
        _work(rounds[-1], config, cohort, fold, progress)
        while number <= config.tune.refinements and rounds[-1].running:  # all workers must narrow alike
            time.sleep(WAIT_S)
            _work(rounds[-1], config, cohort, fold, progress)
    with one_at_a_time(run):
        left = rounds[-1].running
        rows = _report(rounds, config, run) if any(one.done for one in rounds) or not left else []
    return Result(rows, left)


def _open_study(storage: optuna.storages.RDBStorage, name: str, config: Config, space: Space) -> optuna.Study:
    study = optuna.create_study(
        storage=storage,
        sampler=make_sampler(config.tune, space, config.seed),
        pruner=optuna.pruners.MedianPruner(n_startup_trials=config.tune.startup),
        study_name=name,
        direction="maximize",
        load_if_exists=True,
    )
    ranges = {key: optuna.distributions.distribution_to_json(ranged) for key, ranged in space.items()}
    asked = {"ranges": ranges, "config": config.changed(tune={}).model_dump(mode="json")}
    if study.user_attrs.setdefault("asked", asked) != asked:
        raise TrainingError(
            "training.other_search",
            "The trials in this folder are of another search: ranges or other settings have changed.",
            "Choose another folder with --run.",
        )
    study.set_user_attr("asked", asked)
    return study


def _work(this: Round, config: Config, cohort: Cohort, fold: Fold, progress: bool) -> None:
    from ..fit import fit

    def objective(trial: optuna.Trial, number: int) -> float:
        settings = applied(config, suggest(trial, this.space))

        def report(iteration: int, dice: float) -> None:
            trial.report(dice, iteration)
            if trial.should_prune():
                raise optuna.TrialPruned

        folder = cohort.run / NAME / f"{this.number}-{number}"
        try:
            result = fit(settings, cohort.cases, folder, fold, progress=progress, on_validation=report)
        except TrainingError as error:
            if error.code != "training.diverged":
                raise
            trial.set_user_attr("ended", error.code)  # such settings are bad, and the search knows now
            raise optuna.TrialPruned from error
        if math.isnan(result.best_dice):
            raise _no_validation()
        return result.best_dice

    work(this.study, objective, count_trials(config.tune, this.space))


def _best(rounds: Sequence[Round]) -> FrozenTrial:
    trials = [trial for one in rounds for trial in one.done]
    if not trials:
        raise TrainingError(
            "training.no_result",
            "No trial has come to its end.",
            "Wait for the other workers, search in lower learning rates, or run more trials.",
        )
    return max(trials, key=lambda trial: trial.value or 0.0)


def _check_validation(cohort: Cohort, config: Config, fold: Fold) -> None:
    if not cohort.labelled(fold.validation, config):
        raise _no_validation()


def _no_validation() -> TrainingError:
    return TrainingError(
        "training.no_validation",
        "No labelled scan is set apart for validation, by which trials are compared.",
        "Set split.validation in the configuration, e.g. --set split.validation=0.2.",
    )


def _report(rounds: Sequence[Round], config: Config, run: Path) -> list[Row]:
    best = _best(rounds)
    applied(config, best.params).save(run / "best.yaml")
    trials = [(one.number, trial) for one in rounds for trial in one.study.get_trials(deepcopy=False)]
    rows: list[Row] = [
        {
            "round": number,
            "trial": first_number(trial),
            "state": trial.state.name.lower(),
            "dice": trial.value,
            "seconds": round(trial.duration.total_seconds(), 1) if trial.duration else None,
            **plain(trial.params),
        }
        for number, trial in trials
        if trial.state in (TrialState.COMPLETE, TrialState.PRUNED)
    ]
    rows.sort(key=lambda row: (row["state"] == "pruned", -(row["dice"] or 0.0)))
    write_table(run / NAME, rows)
    draw_trials(run / NAME, rounds[0].space, [trial for one in rounds for trial in one.done])
    return rows
