"""Commands that make and use weights."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import ConfigError
from ..run_folder import CASES, CHECKPOINT, SPLITS, fold_folder
from .app import ConfigFile, RunFolder, Settings, app, opened

if TYPE_CHECKING:
    from ..split import Fold


@app.command()
def fit(
    config_file: ConfigFile,
    run: RunFolder = None,
    settings: Settings = None,
    fold: Annotated[
        str,
        typer.Option(
            metavar="N|all",
            help="Fold of RUN/splits.json, trained in RUN/folds/N; all: without validation. "
            "[default: its only fold; all without splits]",
        ),
    ] = "",
    resume: Annotated[
        bool, typer.Option("--resume/--no-resume", help="Go on from the last checkpoint, or begin anew.")
    ] = True,
    initial: Annotated[
        Path | None,
        typer.Option(
            metavar="MODEL", help="Run or model folder, or checkpoint, whose weights to begin from."
        ),
    ] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1, mps. [default: the config's]")] = "",
) -> None:
    """Learn weights. Ctrl-C stops with a checkpoint; the same command goes on. Runs under torchrun, too."""
    from ..fit import fit as learn

    config, folder = opened(config_file, run, settings)
    if device:
        config = config.changed(fit__device=device)
    first = os.environ.get("RANK", "0") == "0"
    chosen, trained = _fold(folder, fold)
    if first and not resume:
        (trained / CHECKPOINT).unlink(missing_ok=True)
    result = learn(config, folder / CASES, trained, chosen, initial=initial, progress=first)
    if first:
        typer.echo(f"{result.iterations} iterations in {result.seconds / 60:.1f} min; weights in {trained}.")
        if result.best_iteration < result.iterations:
            typer.echo(f"Best at {result.best_iteration}: validation Dice {result.best_dice:.3f}.")


@app.command("round")
def train_round(
    config_file: ConfigFile,
    number: Annotated[int, typer.Argument(metavar="N", help="Round of self_training.rounds, from 1 on.")],
    teacher: Annotated[
        Path,
        typer.Option(metavar="MODEL", help="Run or model folder: it labels the scans, and is learnt on."),
    ],
    run: RunFolder = None,
    settings: Settings = None,
) -> None:
    """One round of self-training in RUN/rounds/N, where nothing but a model is left of those before."""
    from ..selftraining import train_round as learn

    config, folder = opened(config_file, run, settings)
    typer.echo(f"Weights in {learn(config, folder, number, teacher, progress=True)}.")


def _fold(run: Path, wanted: str) -> tuple[Fold | None, Path]:
    """The fold that is asked for, and where it is trained.

    Raises:
        ConfigError: ``config.no_fold``.
        DataError: as `load_splits`, for cases that somebody has put elsewhere by hand, too.
    """
    from ..manifest import Manifest
    from ..split import load_splits

    splits = run / SPLITS
    if wanted == "all" or not (wanted or splits.exists()):
        return None, run
    folds = load_splits(splits, Manifest.load(run / CASES))
    if not wanted and len(folds) == 1:
        return folds[0], run
    if not (wanted.isdigit() and 1 <= int(wanted) <= len(folds)):
        given = f"--fold {wanted}" if wanted else "no --fold"
        raise ConfigError(
            "config.no_fold",
            f"{splits} has {len(folds)} folds, and {given} was given.",
            f"Choose --fold 1 to {len(folds)}, or all.",
        )
    return folds[int(wanted) - 1], fold_folder(run, wanted)
