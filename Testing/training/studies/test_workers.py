"""Work is done once, by whichever worker comes first, and what was stopped goes on."""

import multiprocessing
import time
from pathlib import Path

import optuna
import pytest
from optuna.samplers import RandomSampler
from optuna.trial import TrialState
from organseg_training.studies.sampler import SeededByTrial
from organseg_training.studies.workers import finished, open_storage, share_out, work

NAMES = ["1", "2", "3", "4"]


def _worker(run: Path, barrier) -> None:
    storage = open_storage(run)

    def do(name: str) -> None:
        (run / name).mkdir()  # fails where a second worker does the same
        time.sleep(0.2)

    barrier.wait()
    share_out(storage, "folds", NAMES, do)
    sampler = SeededByTrial(RandomSampler, seed=1)
    study = optuna.create_study(storage=storage, study_name="tune", sampler=sampler, load_if_exists=True)

    def objective(trial: optuna.Trial, number: int) -> float:
        do(f"trial {number}")
        return trial.suggest_float("x", 0, 1)

    work(study, objective, 5)


def test_two_workers_do_each_piece_once(tmp_path):
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(2)
    workers = [context.Process(target=_worker, args=(tmp_path, barrier)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0]
    storage = open_storage(tmp_path)
    share_out(storage, "folds", NAMES, pytest.fail)  # nothing is left to do
    assert finished(storage, "folds", NAMES) == NAMES
    trials = optuna.load_study(storage=storage, study_name="tune").get_trials(states=(TrialState.COMPLETE,))
    assert len(trials) == 5
    assert len({trial.params["x"] for trial in trials}) == 5  # although both workers have one seed


def test_stopped_work_goes_on_in_its_own_place(tmp_path):
    storage = open_storage(tmp_path)
    begun: list[str] = []

    def stopped(name: str) -> None:
        begun.append(name)
        if begun == ["1", "2"]:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        share_out(storage, "folds", ["1", "2", "3"], stopped)
    share_out(open_storage(tmp_path), "folds", ["1", "2", "3"], begun.append)
    assert begun == ["1", "2", "2", "3"]


def test_a_stopped_trial_keeps_its_parameters_and_number(tmp_path):
    study = optuna.create_study(storage=open_storage(tmp_path), sampler=optuna.samplers.RandomSampler(1))
    seen: list[tuple[int, float]] = []

    def objective(trial: optuna.Trial, number: int) -> float:
        seen.append((number, trial.suggest_float("x", 0, 1)))
        if len(seen) == 2:
            raise RuntimeError
        return 0.0

    with pytest.raises(RuntimeError):
        work(study, objective, 3)
    work(study, objective, 3)
    assert seen[1] == seen[2]
    assert len(seen) == 4
    assert len(study.get_trials(states=(optuna.trial.TrialState.COMPLETE,))) == 3


@pytest.mark.filterwarnings("ignore:Heartbeat of storage")
def test_work_of_a_dead_worker_is_taken_over(tmp_path, monkeypatch):
    monkeypatch.setattr("organseg_training.studies.workers.HEARTBEAT_S", 1)
    monkeypatch.setattr("organseg_training.studies.workers.GRACE_S", 5)
    storage = open_storage(tmp_path)
    study = optuna.create_study(storage=storage, study_name="folds/1", direction="maximize")
    trial = study.ask()  # a worker begins, beats once and is never heard of again
    storage.record_heartbeat(trial._trial_id)
    done: list[str] = []
    share_out(storage, "folds", ["1"], done.append)
    assert (done, finished(storage, "folds", ["1"])) == ([], [])
    time.sleep(6.1)
    share_out(storage, "folds", ["1"], done.append)
    assert (done, finished(storage, "folds", ["1"])) == (["1"], ["1"])


def test_more_trials_can_follow(tmp_path):
    study = optuna.create_study(storage=open_storage(tmp_path))
    work(study, lambda trial, number: 0.0, 2)
    work(study, lambda trial, number: 0.0, 2)
    assert len(study.trials) == 2
    work(study, lambda trial, number: 0.0, 3)
    assert len(study.trials) == 3
