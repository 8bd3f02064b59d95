"""Transfer from another training's weights against training from scratch, on less and on more data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ..config import Config
from ..errors import ConfigError
from ..split import Fold
from .cohort import Cohort
from .figures import draw_lines
from .job import Done, Job, done_jobs
from .table import Result, Row, write_table

NAME = "transfer"
SHARES = (0.25, 0.5, 1.0)


def transfer(
    config: Config,
    run: Path,
    source: Path,
    *,
    frozen: tuple[str, ...] | int = ("encoder",),
    unfreeze: int | None = None,
    shares: Sequence[float] = SHARES,
    batch_sizes: Sequence[int] = (),
    storage: str = "",
    progress: bool = False,
) -> Result:
    """Train from scratch and from a source's weights on shares of the patients; seeds and scans are equal.

    Args:
        config: of all trainings; with ``fit.patience`` each stops by itself when validation gets no better.
        run: folder of the study; ``transfer.csv``, ``.json``, ``.md`` and ``.png`` are written there.
        source: run or model folder to transfer from.
        frozen: what keeps the source's weights at first, see `fit`.
        unfreeze: iteration from which everything learns; by default after a third of them.
        shares: of the patients to learn from.
        batch_sizes: to be swept; by default the configuration's alone.
        storage: see `workers.open_storage`.
        progress: show each training's progress on the terminal.

    Returns:
        One row per training: way, share, patients, batch size, iterations, mean Dice and slice Dice.

    Raises:
        ConfigError: ``config.bad_range`` for shares that are not between 0 and 1; as `Config.changed`.
        TrainingError: ``training.nothing_to_judge``; as `done_jobs`.
    """
    for share in shares:
        if not 0 < share <= 1:
            raise ConfigError(
                "config.bad_range", f"{share:g} is not a share of the data.", "Give shares as 0.25,0.5,1."
            )
    cohort = Cohort.of(config, run)
    fold = cohort.folds(config)[0]
    judged = cohort.judged(fold, config)
    begun = config.changed(
        fit__frozen=frozen, fit__unfreeze=max(1, config.fit.iterations // 3) if unfreeze is None else unfreeze
    )
    jobs = []
    for size in batch_sizes or (config.fit.batch_size,):
        for share in shares:
            part = replace(fold, train=cohort.part(fold.train, share, config.split.seed))
            name = f"{share * 100:g} percent, batch {size}"
            sized = {"fit__batch_size": size}
            jobs.append(Job(f"scratch, {name}", config.changed(**sized), part, judged))
            jobs.append(Job(f"transfer, {name}", begun.changed(**sized), part, judged, source.resolve()))
    with done_jobs(cohort, NAME, jobs, storage, progress) as done:
        rows = [_row(one, cohort, fold) for one in done]
        write_table(run / NAME, rows)
        _draw(run / f"{NAME}.png", config, rows)
    return Result(rows, len(jobs) - len(done))


def _row(one: Done, cohort: Cohort, whole: Fold) -> Row:
    patients = _patients(cohort, one.job.fold)
    return {
        "start": "scratch" if one.job.initial is None else "transfer",
        "share": round(patients / _patients(cohort, whole), 3),
        "patients": patients,
        "batch_size": one.job.config.fit.batch_size,
        "iterations": int(max((x for x, _ in one.curve("loss")), default=0)),
        "dice": one.mean("dice"),
        "slice_dice": one.mean("slice_dice"),
    }


def _draw(path: Path, config: Config, rows: Sequence[Row]) -> None:
    lines: dict[str, list[tuple[float, float]]] = {}
    several = len({row["batch_size"] for row in rows}) > 1
    for row in rows:
        if row["dice"] is not None:
            name = f"{row['start']}, batch {row['batch_size']}" if several else row["start"]
            lines.setdefault(name, []).append((row["patients"], row["dice"]))
    draw_lines(path, lines, config.name, "patients to learn from", "mean Dice")


def _patients(cohort: Cohort, fold: Fold) -> int:
    return len({cohort.manifest.cases[name].patient for name in fold.train})
