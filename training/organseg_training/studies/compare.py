"""Settings side by side: everything else equal, the same seeds, the same scans."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from OrganSegLib.model import load_model
from OrganSegLib.pipeline import segment

from ..config import Config
from ..evaluate import FAST, on_grid
from ..figures import draw_curves
from ..readers import open_readers
from ..report.pictures import draw_side_by_side
from ..run_folder import MODEL
from .cohort import Cohort
from .job import Done, Job, done_jobs
from .settings import with_settings
from .table import Result, Row, write_table

NAME = "compare"
METRICS = ("accuracy", "precision", "recall", "dice", "slice_dice")


def compare(
    config: Config, run: Path, vary: Mapping[str, Sequence[Any]], storage: str = "", progress: bool = False
) -> Result:
    """Train once for each combination of settings, then write one table and one figure of all curves.

    Args:
        config: everything that stays equal.
        run: folder of the study. ``compare.csv`` has the means over scans and organs,
            ``compare-patients.csv`` the Dice of each patient's volume, ``compare-curves.png`` the training,
            ``compare-masks.png`` what each found, beside the truth.
        vary: dotted key -> its values.
        storage: see `workers.open_storage`.
        progress: show each training's progress on the terminal.

    Returns:
        One row per setting: means of accuracy, precision, recall, Dice of the volume and Dice of the slices.

    Raises:
        ConfigError: as `with_settings`.
        TrainingError: ``training.nothing_to_judge``; as `done_jobs`.
    """
    varied = {_name(values): with_settings(config, values) for values in _combinations(vary)}
    cohort = Cohort.of(config, run)
    fold = cohort.folds(config)[0]
    judged = cohort.judged(fold, config)
    jobs = [Job(name, changed, fold, judged) for name, changed in varied.items()]
    with done_jobs(cohort, NAME, jobs, storage, progress) as done:
        rows = _report(config, run, done, judged[0]) if done else []
    return Result(rows, len(jobs) - len(done))


def _report(config: Config, run: Path, done: Sequence[Done], shown: str) -> list[Row]:
    rows = [_row(one) for one in done]
    write_table(run / NAME, rows)
    write_table(run / f"{NAME}-patients", [row for one in done for row in _patients(one)])
    panels = {
        quantity: {one.job.name: one.curve(quantity.replace(" ", "_")) for one in done}
        for quantity in ("loss", "validation loss", "validation dice")
    }
    draw_curves(run / f"{NAME}-curves.png", panels)
    _draw_masks(run / f"{NAME}-masks.png", config, shown, done)
    return rows


def _draw_masks(path: Path, config: Config, name: str, done: Sequence[Done]) -> None:
    """The truth of a scan, and what each training found in the same slices."""
    reader, entry = next((r, e) for r in open_readers(config) for e in r.entries() if e.name == name)
    scan = reader.scan(entry)
    truth = reader.labels(entry, scan)
    assert truth is not None  # noqa: S101 (scans without labels are not prepared)
    maps = {"Truth": truth.values}
    for one in done:
        found = segment(scan, load_model(str(one.folder / MODEL)), FAST).labelmap
        maps[one.job.name] = on_grid(found, truth.grid, config.classes)
    draw_side_by_side(path, scan, truth.grid, maps, config.classes)


def _combinations(vary: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    return [dict(zip(vary, values, strict=True)) for values in itertools.product(*vary.values())]


def _name(values: Mapping[str, Any]) -> str:
    """``loss=dice`` or ``loss=dice batch_size=2``, without what folders must not have in their names."""
    words = (f"{key.rpartition('.')[2]}={value}" for key, value in values.items())
    return "".join(c if c.isalnum() or c in "=-_.+ " else "_" for c in " ".join(words))


def _row(one: Done) -> Row:
    scores = {metric: one.mean(metric) for metric in METRICS}
    return {"setting": one.job.name, "scans": len(one.evaluation.scans), **scores}


def _patients(one: Done) -> list[Row]:
    return [
        {
            "setting": one.job.name,
            "patient": scan.patient,
            "scan": scan.name,
            "organ": score.organ,
            "dice": score.dice,
            "slice_dice": score.slice_dice,
        }
        for scan in one.evaluation.scans
        for score in scan.organs
    ]
