"""Cross-validation: every patient is judged once by a training that has not seen them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from ..config import Config
from ..config.data import Split
from ..report import write_report
from ..run_folder import FOLDS, SPLITS
from ..scoring import Evaluation
from ..split import Fold, load_splits, make_splits, save_splits
from .cohort import Cohort
from .figures import draw_boxes
from .job import Done, Job, done_jobs
from .table import Result, Row, write_table

NAME = "crossval"


def crossval(
    config: Config, run: Path, split: Split | None = None, storage: str = "", progress: bool = False
) -> Result:
    """Train and judge every fold, in as many processes as call this, then write one table and figure.

    What is left out of a fold chooses nothing in its training: no early stopping, no best checkpoint. Each
    fold is a run of its own in ``RUN/folds/N``.

    Args:
        config: what to train.
        run: folder of the study; ``crossval.csv``, ``.json``, ``.md`` and ``.png`` are written there, and all
            scores of all scans into ``crossval/evaluation.html`` and the like.
        split: how to divide the patients; by default as in ``RUN/splits.json`` if it has several folds, else
            as ``config.split`` says, k-fold if it speaks of no folds.
        storage: see `workers.open_storage`.
        progress: show each training's progress on the terminal.

    Returns:
        One row per organ: quartiles of Dice over all scans, a bootstrap interval of the median, the median
        of each fold. Folds that other workers are still at have no value yet.

    Raises:
        DataError: ``data.too_few_patients`` for more folds than patients; as `Cohort.of`.
        TrainingError: as `done_jobs`.
    """
    cohort = Cohort.of(config, run)
    jobs = []
    for number, fold in enumerate(_folds(cohort, config, split), 1):
        judged = cohort.labelled(fold.validation, config) or cohort.judged(fold, config)
        jobs.append(Job(str(number), config, Fold(fold.train, test=judged), judged))
    names = [job.name for job in jobs]
    with done_jobs(cohort, FOLDS, jobs, storage, progress) as done:
        rows = _report(config, run, done, names) if done else []
    return Result(rows, len(jobs) - len(done))


def _report(config: Config, run: Path, done: Sequence[Done], names: Sequence[str]) -> list[Row]:
    pooled = replace(
        done[0].evaluation,
        model={"name": f"{config.name}, {len(done)} of {len(names)} folds", "version": config.version},
        scans=tuple(scan for one in done for scan in one.evaluation.scans),
    )
    rows = _rows(pooled, _dice(done), names)
    write_report(pooled, run / NAME)
    write_table(run / NAME, rows)
    draw_boxes(run / f"{NAME}.png", _dice(done), pooled.model["name"])
    return rows


def _folds(cohort: Cohort, config: Config, split: Split | None) -> list[Fold]:
    common = cohort.run / SPLITS
    if split is None and common.exists():
        folds = load_splits(common, cohort.manifest)
        if len(folds) > 1:
            return folds
    split = split or config.split
    if split.kind not in ("kfold", "leave_one_out"):
        split = split.model_copy(update={"kind": "kfold", "test": 0.0})
    folds = make_splits(cohort.manifest, split)
    save_splits(cohort.run / "folds.json", folds, split)
    return folds


def _rows(pooled: Evaluation, scores: dict[str, dict[str, list[float]]], names: Sequence[str]) -> list[Row]:
    rows = []
    for organ in pooled.summary("test"):
        dice = organ.spreads.get("dice")
        row: Row = {
            "organ": organ.organ,
            "scans": dice.scans if dice else 0,
            "missed": organ.states.get("missed", 0),
            "median": dice.median if dice else None,
            "q1": dice.quartile_1 if dice else None,
            "q3": dice.quartile_3 if dice else None,
            "low": dice.low if dice else None,
            "high": dice.high if dice else None,
        }
        folds = scores.get(organ.organ, {})
        row |= {f"fold {name}": float(np.median(folds[name])) if folds.get(name) else None for name in names}
        rows.append(row)
    return rows


def _dice(done: Sequence[Done]) -> dict[str, dict[str, list[float]]]:
    """Organ -> fold -> Dice of its scans."""
    found: dict[str, dict[str, list[float]]] = {}
    for one in done:
        for scan in one.evaluation.scans:
            for score in scan.organs:
                if score.dice is not None:
                    found.setdefault(score.organ, {}).setdefault(one.job.name, []).append(score.dice)
    return found
