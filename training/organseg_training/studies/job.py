"""One training of a study, from data to scores, in a folder of its own."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from ..config import Config
from ..errors import TrainingError
from ..files import write_json
from ..run_folder import CHECKPOINT, EVALUATION, MODEL
from ..scoring import Evaluation
from ..split import Fold
from .cohort import Cohort
from .workers import finished, one_at_a_time, open_storage, share_out

FILE = "job.json"


@dataclass(frozen=True)
class Job:
    """A training and what it is judged by.

    Attributes:
        name: of its folder.
        config: its settings.
        fold: what it learns from and validates on.
        judged: names of the cases to be scored.
        initial: weights to begin from.
    """

    name: str
    config: Config
    fold: Fold
    judged: tuple[str, ...]
    initial: Path | None = None

    @property
    def facts(self) -> dict[str, Any]:
        """All of it, JSON-ready."""
        fold = {side: list(names) for side, names in asdict(self.fold).items()}
        initial = str(self.initial) if self.initial else None
        config = self.config.model_dump(mode="json")
        return {"config": config, "fold": fold, "judged": list(self.judged), "initial": initial}


@dataclass(frozen=True)
class Done:
    """A finished job: its folder with log and model, and its scores."""

    job: Job
    folder: Path
    evaluation: Evaluation

    def curve(self, quantity: str) -> list[tuple[float, float]]:
        """(iteration, value) of what `fit.log_entries` holds."""
        from ..fit import curve_of, log_entries

        return curve_of(log_entries(self.folder), quantity)

    def mean(self, metric: str) -> float | None:
        """Over all organs of all scans that have the score."""
        scores = (getattr(score, metric) for scan in self.evaluation.scans for score in scan.organs)
        values = [score for score in scores if score is not None]
        return sum(values) / len(values) if values else None


@contextmanager
def done_jobs(
    cohort: Cohort, kind: str, jobs: Sequence[Job], storage: str = "", progress: bool = False
) -> Iterator[list[Done]]:
    """Do what neither an earlier call nor another worker has done; then one worker at a time has the results.

    Args:
        cohort: of the study.
        kind: name of the folder of the jobs' folders.
        jobs: all of the study's.
        storage: see `workers.open_storage`.
        progress: show each training's progress on the terminal.

    Yields:
        The finished jobs, in their order; those that other workers are still at are missing.

    Raises:
        TrainingError: ``training.other_settings``, and as `fit`.
    """
    by_name = {job.name: job for job in jobs}
    folders = {name: cohort.run / kind / name for name in by_name}
    for job in jobs:
        _check_settings(job, folders[job.name])
    shared, prefix = open_storage(cohort.run, storage), f"{cohort.run.resolve().name}/{kind}"
    share_out(shared, prefix, list(by_name), lambda name: _do(by_name[name], cohort, folders[name], progress))
    with one_at_a_time(cohort.run):
        yield [
            Done(by_name[name], folders[name], Evaluation.load(folders[name] / EVALUATION))
            for name in finished(shared, prefix, list(by_name))
        ]


def _do(job: Job, cohort: Cohort, folder: Path, progress: bool) -> None:
    from ..evaluate import evaluate
    from ..export import export
    from ..fit import fit

    write_json(folder / FILE, job.facts)
    fit(job.config, cohort.cases, folder, job.fold, initial=job.initial, progress=progress)
    model = export(job.config, folder, folder / MODEL)
    fold = replace(job.fold, test=job.judged)
    evaluate(job.config, model, job.judged, fold=fold).save(folder / EVALUATION)


def _check_settings(job: Job, folder: Path) -> None:
    """What is there already must have been trained with the same settings, or a table would mix them."""
    if not (folder / CHECKPOINT).exists():
        return
    before = folder / FILE
    if not before.exists() or json.loads(before.read_text(encoding="utf-8")) != job.facts:
        raise TrainingError(
            "training.other_settings",
            f"{folder} holds a training with other settings.",
            "Choose another folder with --run, or delete this one and studies.db beside its parent.",
        )
