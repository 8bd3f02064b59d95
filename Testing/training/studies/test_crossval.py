"""All folds, by several workers, then one table."""

import csv
import json
import multiprocessing
import signal
from pathlib import Path

import pytest
import torch
from organseg_training.config.data import Split
from organseg_training.errors import DataError, TrainingError
from organseg_training.fit import Stopped, log_entries
from organseg_training.fit.session import Session
from organseg_training.studies.crossval import crossval

TWO = Split(kind="kfold", folds=2)


def test_a_stopped_study_goes_on_in_two_workers(config, run, monkeypatch):
    config = config.changed(fit__iterations=3)
    with monkeypatch.context() as patch:
        patch.setattr(Session, "_note", _interrupted)
        with pytest.raises(Stopped):
            crossval(config, run, TWO)
    assert [entry["iteration"] for entry in log_entries(run / "folds" / "1")] == [1]
    assert not (run / "crossval.csv").exists()

    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=crossval, args=(config, run, TWO)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0]
    assert [entry["iteration"] for entry in log_entries(run / "folds" / "1")] == [1, 2, 3]
    before = (run / "folds" / "1" / "checkpoint.pt").stat().st_mtime_ns

    result = crossval(config, run, TWO)  # all is done: the table of all folds

    assert (run / "folds" / "1" / "checkpoint.pt").stat().st_mtime_ns == before
    assert result.left == 0
    assert [row["organ"] for row in result.rows] == ["liver", "spleen"]
    assert all(
        row["scans"] == 4 and row["fold 1"] is not None and row["fold 2"] is not None for row in result.rows
    )
    with (run / "crossval.csv").open(encoding="utf-8") as file:
        assert [row["organ"] for row in csv.DictReader(file)] == ["liver", "spleen"]
    assert json.loads((run / "crossval.json").read_text(encoding="utf-8")) == result.rows
    assert (run / "crossval.png").stat().st_size > 1000
    assert _learnt(run, 1) & _learnt(run, 2) == set()
    with pytest.raises(TrainingError) as caught:
        crossval(config.changed(seed=2), run, TWO)
    assert caught.value.code == "training.other_settings"


def test_fewer_patients_than_folds_is_said(config, run):
    with pytest.raises(DataError) as caught:
        crossval(config, run, Split(kind="kfold", folds=5))
    assert caught.value.code == "data.too_few_patients"


def test_a_study_needs_labels(config, run):
    with pytest.raises(TrainingError) as caught:
        crossval(config.changed(organs=["thyroid_left"], helpers=["liver"]), run.with_name("other"), TWO)
    assert caught.value.code == "training.no_labelled_cases"


def _interrupted(session: Session, *_: object) -> None:
    """Ctrl-C in the first iteration."""
    session.losses.append(torch.zeros(()))
    signal.raise_signal(signal.SIGINT)


def _learnt(run: Path, fold: int) -> set[str]:
    facts = json.loads((run / "folds" / str(fold) / "job.json").read_text(encoding="utf-8"))
    return set(facts["fold"]["train"])
