"""Commands that train many times to answer one question."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from ..errors import ConfigError
from .app import ConfigFile, RunFolder, Settings, app, opened

if TYPE_CHECKING:
    from ..studies.table import Result, Row

Number = TypeVar("Number", int, float)
Storage = Annotated[
    str,
    typer.Option(
        metavar="URL",
        help="Database that workers on several machines share. [default: SQLite in the run folder]",
    ),
]


@app.command()
def crossval(
    config_file: ConfigFile,
    run: RunFolder = None,
    settings: Settings = None,
    folds: Annotated[int | None, typer.Option(help="Divide the patients into so many folds.")] = None,
    leave_one_out: Annotated[
        bool, typer.Option("--leave-one-out", help="One fold for each patient.")
    ] = False,
    leave_out: Annotated[
        list[str] | None,
        typer.Option(metavar="PATIENT", help="One fold for each patient so named; repeatable."),
    ] = None,
    storage: Storage = "",
) -> None:
    """Cross-validate: train and judge all folds. Start it several times to share the folds."""
    from ..studies.crossval import crossval as run_study

    config, folder = opened(config_file, run, settings)
    split = None
    if leave_one_out or leave_out:
        names = {"validation": tuple(leave_out)} if leave_out else {}
        split = config.split.model_copy(update={"kind": "leave_one_out", "test": 0.0, **names})
    elif folds is not None:
        split = config.split.model_copy(update={"kind": "kfold", "folds": folds, "test": 0.0})
    _tell(run_study(config, folder, split, storage, progress=True), folder, "crossval")


@app.command()
def tune(
    config_file: ConfigFile,
    run: RunFolder = None,
    settings: Settings = None,
    search: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY=RANGE", help="E.g. fit.learning_rate=log:1e-4..1e-2, fit.loss=dice,iou."),
    ] = None,
    space: Annotated[str | None, typer.Option(help="Ready ranges: classic.")] = None,
    sampler: Annotated[str | None, typer.Option(help="random, grid, tpe or gp (both Bayesian).")] = None,
    trials: Annotated[int | None, typer.Option(help="In each round.")] = None,
    refinements: Annotated[int | None, typer.Option(help="Further rounds around the best.")] = None,
    storage: Storage = "",
) -> None:
    """Search for better settings by validation Dice. Start it several times to share the trials."""
    from ..studies.tune import tune as run_study

    config, folder = opened(config_file, run, settings)
    given = {"space": space, "sampler": sampler, "trials": trials, "refinements": refinements}
    changes: dict[str, Any] = {f"tune.{key}": value for key, value in given.items() if value is not None}
    if search:
        changes["tune.search"] = {**config.tune.search, **dict(_pair(text, "--search") for text in search)}
    result = run_study(config.changed(**changes), folder, storage, progress=True)
    _tell(replace(result, rows=[_narrow(row) for row in result.rows]), folder, "trials")
    typer.echo(f"Best settings: {folder / 'best.yaml'}")


@app.command()
def transfer(
    config_file: ConfigFile,
    source: Annotated[Path, typer.Option("--from", metavar="FOLDER", help="Run or model to transfer from.")],
    run: RunFolder = None,
    settings: Settings = None,
    freeze: Annotated[
        str, typer.Option(help="encoder, a number of layers, or names that theirs begin with.")
    ] = "encoder",
    unfreeze: Annotated[
        int | None, typer.Option(help="Iteration from which all learns. [default: after a third]")
    ] = None,
    shares: Annotated[str, typer.Option(help="Of the patients to learn from.")] = "0.25,0.5,1",
    batch_sizes: Annotated[str, typer.Option(help="To be swept, e.g. 1,2,4.")] = "",
    patience: Annotated[
        int | None, typer.Option(help="Validations without progress before a training stops.")
    ] = None,
    storage: Storage = "",
) -> None:
    """Compare training from scratch with transfer, on shares of the data."""
    from ..studies.transfer import transfer as run_study

    config, folder = opened(config_file, run, settings)
    if patience is not None:
        config = config.changed(fit__patience=patience)
    result = run_study(
        config,
        folder,
        source,
        frozen=int(freeze) if freeze.isdigit() else tuple(freeze.split(",")),
        unfreeze=unfreeze,
        shares=_numbers("--shares", shares, float),
        batch_sizes=_numbers("--batch-sizes", batch_sizes, int) if batch_sizes else (),
        storage=storage,
        progress=True,
    )
    _tell(result, folder, "transfer")


@app.command()
def compare(
    config_file: ConfigFile,
    vary: Annotated[
        list[str], typer.Option(metavar="KEY=A,B,...", help="E.g. fit.loss=dice,iou or seed=1,2,3.")
    ],
    run: RunFolder = None,
    settings: Settings = None,
    storage: Storage = "",
) -> None:
    """Train with several settings, all else equal, and compare scores, curves and masks."""
    from ..studies.compare import compare as run_study
    from ..studies.space import parse_choices

    config, folder = opened(config_file, run, settings)
    varied = {key: parse_choices(key, values) for key, values in (_pair(text, "--vary") for text in vary)}
    _tell(run_study(config, folder, varied, storage, progress=True), folder, "compare")


@app.command()
def ablate(
    config_file: ConfigFile, run: RunFolder = None, settings: Settings = None, storage: Storage = ""
) -> None:
    """Train with one thing changed at a time, as the configuration's section ablation says, and compare."""
    from ..studies.ablate import ablate as run_study

    config, folder = opened(config_file, run, settings)
    _tell(run_study(config, folder, storage, progress=True), folder, "ablation")


def _tell(result: Result, folder: Path, name: str) -> None:
    from ..studies.table import show

    show(result.rows)
    if result.left:
        typer.echo(f"Trainings that other workers are still at: {result.left}.")
    typer.echo(f"Results: {folder / name}.csv, .json, .md and figures beside it")


def _narrow(row: Row) -> Row:
    """A trial with its settings in one column: terminals are not as wide as spreadsheets."""
    from ..studies.table import shown

    words = [f"{key}={shown(value)}" for key, value in row.items() if "." in key]
    return {key: value for key, value in row.items() if "." not in key} | {"settings": " ".join(words)}


def _pair(text: str, option: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals:
        raise ConfigError("config.bad_value", f"{option} {text} has no value.", f"Write {option} KEY=VALUES.")
    return key, value


def _numbers(option: str, text: str, number: type[Number]) -> list[Number]:
    try:
        return [number(word) for word in text.split(",")]
    except ValueError as error:
        raise ConfigError(
            "config.bad_value", f"{option} {text} is no list of numbers.", f"Write {option} 1,2,4."
        ) from error
