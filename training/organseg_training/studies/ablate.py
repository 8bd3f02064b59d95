"""What each part of a recipe is worth: trainings that differ in one thing, judged on people set apart."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from ..config import Config
from ..errors import ConfigError, TrainingError
from ..evaluate import evaluate
from ..export import export
from ..fit import fit
from ..prepare import prepare
from ..provenance import read_provenance
from ..run_folder import CASES, EVALUATION, MODEL, PSEUDO_LABELS
from ..scoring import Evaluation
from ..selftraining import final_run, with_pseudo_labels
from .table import Result, Row, write_table
from .workers import finished, one_at_a_time, open_storage, share_out

NAME = "ablation"


def ablate(config: Config, run: Path, storage: str = "", progress: bool = False) -> Result:
    """Train each of `Ablation.changes`, which may change the data as well, then write one table.

    Args:
        config: the whole recipe.
        run: its folder; trainings lie in ``RUN/ablation/NAME``, the table beside as ``ablation.csv``,
            ``.json`` and ``.md``.
        storage: see `workers.open_storage`; several processes that call this share the trainings.
        progress: show each training's progress on the terminal.

    Returns:
        One row per training: iterations, hours, mean Dice over organs and scans, Dice of each organ (its mean
        where several scans show it), all of scans with the role ``check``.

    Raises:
        ConfigError: ``config.nothing_to_ablate``, or as `Config.changed`.
        DataError, TrainingError, ModelError: as `prepare`, `fit`, `export` and `evaluate`, or
            ``training.no_pseudo_labels``.
    """
    names = list(config.ablation.changes)
    if not names:
        raise ConfigError(
            "config.nothing_to_ablate",
            "The configuration names no changes to compare.",
            "Add a section `ablation` with `changes`; see training/configs/organseg-ct-3mm.yaml.",
        )
    trainings = {name: _changed(config, run, name) for name in names}
    shared, prefix = open_storage(run, storage), f"{run.resolve().name}/{NAME}"
    share_out(shared, prefix, names, lambda name: _do(trainings[name], run, run / NAME / name, progress))
    with one_at_a_time(run):
        done = finished(shared, prefix, names)
        rows = _rows(run, done)
        write_table(run / NAME, rows)
    return Result(rows, len(names) - len(done))


def _changed(config: Config, run: Path, name: str) -> Config:
    changed = config.changed(**{**config.ablation.settings, **config.ablation.changes[name]})
    if name not in config.ablation.pseudo_labels:
        return changed
    folder = final_run(config, run) / PSEUDO_LABELS
    if not folder.is_dir():
        raise TrainingError(
            "training.no_pseudo_labels",
            f"{name} shall learn from pseudo-labels, and there are none in {folder}.",
            "Train the whole recipe first (organseg-train run), or take it out of ablation.pseudo_labels.",
        )
    return with_pseudo_labels(changed, folder)


def _do(config: Config, run: Path, folder: Path, progress: bool) -> None:
    if not (folder / CASES).exists() and (run / CASES).exists():  # most are as they were
        shutil.copytree(run / CASES, folder / CASES, copy_function=os.link)
    prepare(config, folder / CASES)
    fit(config, folder / CASES, folder, progress=progress)
    model = export(config, folder, folder / MODEL)
    evaluate(config, model, parts=("check",)).save(folder / EVALUATION)


def _rows(run: Path, names: Sequence[str]) -> list[Row]:
    found = {name: Evaluation.load(run / NAME / name / EVALUATION) for name in names}
    organs = dict.fromkeys(o.organ for one in found.values() for o in one.summary("check"))
    rows = []
    for name, evaluation in found.items():
        dice: dict[str, list[float]] = {organ: [] for organ in organs}
        for scan in evaluation.scans:
            for score in scan.organs:
                if score.dice is not None:
                    dice[score.organ].append(score.dice)
        standing = read_provenance(run / NAME / name)["standing"]
        row: Row = {
            "training": name,
            "iterations": standing["iteration"],
            "hours": standing["seconds"] / 3600,
            "mean Dice": _mean([value for values in dice.values() for value in values]),
        }
        rows.append(row | {organ: _mean(values) for organ, values in dice.items()})
    return rows


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None
