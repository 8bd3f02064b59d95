"""Work that several processes share: each takes what no other has taken, through Optuna's storage."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import optuna
from filelock import FileLock
from optuna.storages import RDBStorage, RetryHeartbeatStaleTrialCallback, fail_stale_trials
from optuna.trial import FrozenTrial, TrialState

HEARTBEAT_S, GRACE_S = 15, 60  # a worker that has been silent for this long is dead; its work is taken over
_TAKEN = (TrialState.RUNNING, TrialState.COMPLETE, TrialState.PRUNED, TrialState.WAITING)

Objective = Callable[[optuna.Trial, int], float]


class _Surplus(Exception):
    """Another worker was faster: all the work is taken."""


def open_storage(run: Path, url: str = "") -> RDBStorage:
    """The storage that all workers of a run share.

    Args:
        run: folder of the study.
        url: of a database (``postgresql://...``) for workers that share no local disk; by default a
            SQLite file in the run folder.
    """
    run.mkdir(parents=True, exist_ok=True)
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    with warnings.catch_warnings(), FileLock(run / ".studies.lock"):  # tables can be made only once
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        return RDBStorage(
            url or f"sqlite:///{(run / 'studies.db').resolve()}",
            engine_kwargs={} if url else {"connect_args": {"timeout": 60}},
            heartbeat_interval=HEARTBEAT_S,
            grace_period=GRACE_S,
            heartbeat_stale_trial_callback=RetryHeartbeatStaleTrialCallback(),
        )


def work(study: optuna.Study, objective: Objective, trials: int) -> None:
    """Run trials until ``trials`` of them are done or in other workers' hands.

    A trial that an error or a stop ends early, here or by the death of a worker, is put back and goes on
    where it was when this is called again.

    Args:
        study: that the workers share.
        objective: takes the trial and its `first_number`.
        trials: wanted in all.
    """
    taken: list[int] = []

    def guarded(trial: optuna.Trial) -> float:
        if sum(other.number < trial.number for other in _taken(study)) >= trials:
            raise _Surplus
        taken.append(trial.number)
        return objective(trial, first_number(study.trials[trial.number]))

    while _something_to_do(study, trials):
        taken.clear()
        try:
            study.optimize(guarded, n_trials=1, catch=(_Surplus,))
        except BaseException:
            for number in taken:
                _retry(study, study.trials[number])
            raise


def first_number(trial: FrozenTrial) -> int:
    """The trial's number, or that of the trial that it continues."""
    number: int = trial.system_attrs.get("failed_trial", trial.number)
    return number


def share_out(storage: RDBStorage, prefix: str, names: Sequence[str], do: Callable[[str], None]) -> None:
    """Do each named piece of work once, however many workers call this; what is done stays done.

    Each name is a study of one trial: the storage gives trial number 0 to one worker alone.

    Args:
        storage: that the workers share.
        prefix: of the studies' names, for storages that serve several runs.
        names: of the work.
        do: the work.
    """
    for name in names:
        study = optuna.create_study(
            storage=storage, study_name=f"{prefix}/{name}", direction="maximize", load_if_exists=True
        )

        def objective(_: optuna.Trial, __: int, name: str = name) -> float:
            do(name)
            return 1.0

        work(study, objective, 1)


def finished(storage: RDBStorage, prefix: str, names: Sequence[str]) -> list[str]:
    """The names whose work is done, here or by another worker."""
    studies = {name: optuna.load_study(storage=storage, study_name=f"{prefix}/{name}") for name in names}
    return [
        name
        for name, study in studies.items()
        if study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    ]


@contextmanager
def one_at_a_time(run: Path) -> Iterator[None]:
    """Only one worker is in the block: the last one in sees all results, and its files stay."""
    with FileLock(run / ".results.lock"):
        yield


def _something_to_do(study: optuna.Study, trials: int) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        fail_stale_trials(study)  # puts them back, too
    waiting = study.get_trials(deepcopy=False, states=(TrialState.WAITING,))
    return bool(waiting) or len(_taken(study)) < trials


def _taken(study: optuna.Study) -> list[FrozenTrial]:
    return study.get_trials(deepcopy=False, states=_TAKEN)


def _retry(study: optuna.Study, trial: FrozenTrial) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        RetryHeartbeatStaleTrialCallback()(study, trial)
