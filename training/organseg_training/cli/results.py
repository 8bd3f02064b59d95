"""Commands that use and judge weights: evaluate, calibrate, predict, export, consistency, runtimes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, cast

import typer
from OrganSegLib.cli.commands import Device, Output, Overwrite, Runtime, one_of

from ..run_folder import EVALUATION, MODEL, fold_folder
from .app import ConfigFile, RunFolder, Settings, app, opened

PARTS = ("check", "test", "validation", "train")  # `scoring.PARTS` tells what they mean
Cases = Annotated[list[str] | None, typer.Option(metavar="NAME", help="Only this scan; may be repeated.")]
Fold = Annotated[int | None, typer.Option(metavar="N", help="The training in RUN/folds/N.")]


@app.command()
def evaluate(
    config_file: ConfigFile,
    run: RunFolder = None,
    settings: Settings = None,
    fold: Fold = None,
    model: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Model folder. [default: that of the run]")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FOLDER", help="For the results. [default: RUN/evaluation]"),
    ] = None,
    case: Cases = None,
    only: Annotated[
        str | None,
        typer.Option(metavar="|".join(PARTS), callback=one_of(PARTS), help="Only scans of this part."),
    ] = None,
    masks: Annotated[bool, typer.Option("--masks", help="Also write each slice's masks as PNG.")] = False,
    device: Device = "auto",
    runtime: Runtime = "auto",
) -> None:
    """Measure a model on labelled scans: tables, plots and pictures."""
    from OrganSegLib.cli.shown import shown_progress
    from OrganSegLib.model import load_model
    from OrganSegLib.pipeline import Options

    from ..evaluate import evaluate as measure
    from ..evaluate import recorded_fold
    from ..predict import open_model
    from ..report import markdown

    config, folder = opened(config_file, run, settings)
    trained = _trained(folder, fold)
    with shown_progress(json_events=False) as progress:
        evaluation = measure(
            config,
            load_model(model) if model else open_model(trained),
            case or config.evaluation.cases or None,
            output or trained / EVALUATION,
            fold=recorded_fold(trained),
            parts=(only,) if only else PARTS,
            options=Options(device=device, runtime=runtime, surfaces=False),
            masks=masks,
            progress=progress,
        )
    typer.echo(markdown(evaluation))


@app.command()
def calibrate(
    config_file: ConfigFile,
    run: RunFolder = None,
    settings: Settings = None,
    fold: Fold = None,
    case: Cases = None,
    device: Device = "auto",
    runtime: Runtime = "auto",
) -> None:
    """Measure how the network's uncertainty goes with its mistakes, and choose thresholds for warnings.

    Looks at scans that were held back, and at worse copies of them. Of a scan that was learnt from and is
    named by --case, only the copies count.
    """
    from OrganSegLib.cli.shown import shown_progress
    from OrganSegLib.pipeline import Options

    from ..calibration import calibrate as measure
    from ..calibration import markdown
    from ..evaluate import recorded_fold
    from ..predict import open_model

    config, folder = opened(config_file, run, settings)
    trained = _trained(folder, fold)
    with shown_progress(json_events=False) as progress:
        calibration = measure(
            config,
            open_model(trained),
            case or config.evaluation.calibrated_on or None,
            fold=recorded_fold(trained),
            options=Options(device=device, runtime=runtime, surfaces=False),
            progress=progress,
        )
    calibration.save(trained)
    typer.echo(markdown(calibration))
    typer.echo("organseg-train export writes these thresholds into the model.")


@app.command()
def predict(
    model: Annotated[Path, typer.Argument(metavar="RUN_OR_MODEL", help="Run folder or model folder.")],
    studies: Annotated[
        list[Path], typer.Argument(metavar="STUDY...", help="Files or folders, also of DICOM slices.")
    ],
    output: Output,
    masks: Annotated[
        str | None,
        typer.Option(metavar="png|npy", callback=one_of(("png", "npy")), help="Also write slices' masks."),
    ] = None,
    animation: Annotated[bool, typer.Option("--animation/--no-animation", help="Write a GIF.")] = True,
    device: Device = "auto",
    runtime: Runtime = "auto",
    overwrite: Overwrite = False,
) -> None:
    """Segment studies: masks, an animation, and each structure's area on each slice."""
    from OrganSegLib.cli.shown import shown_progress
    from OrganSegLib.pipeline import Options

    from ..predict import folders_of, open_model
    from ..predict import predict as find

    opened_model = open_model(model)
    for folder, study in folders_of(studies, output, opened_model.plan.dimensions).items():
        with shown_progress(json_events=False) as progress:
            find(
                opened_model,
                study,
                folder,
                masks=cast("Literal['png', 'npy'] | None", masks),
                animation=animation,
                options=Options(device=device, runtime=runtime, surfaces=False),
                overwrite=overwrite,
                progress=progress,
            )
        typer.echo(folder)


@app.command()
def export(
    config_file: ConfigFile,
    run: RunFolder = None,
    settings: Settings = None,
    fold: Fold = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FOLDER", help="Model folder. [default: RUN/model]"),
    ] = None,
    leave_out: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ORGAN", help="Organ too weak to ship; may be repeated. [default: the config's]"
        ),
    ] = None,
) -> None:
    """Write the model folder that OrganSeg opens: plan, weights, card, checksums."""
    from ..export import export as write

    config, folder = opened(config_file, run, settings)
    trained = _trained(folder, fold)
    model = write(config, trained, output or trained / MODEL, tuple(leave_out) if leave_out else None)
    typer.echo(f"organseg segment STUDY -o results --model {model.folder}")


@app.command()
def consistency(
    model: Annotated[Path, typer.Argument(metavar="RUN_OR_MODEL", help="Run folder or model folder.")],
    studies: Annotated[list[Path], typer.Argument(metavar="STUDY...", help="Files or folders.")],
    output: Output,
    device: Device = "auto",
    runtime: Runtime = "auto",
) -> None:
    """Compare what is found in studies, and in the same turned, resampled, noisy or cut short."""
    from OrganSegLib.cli.shown import shown_progress
    from OrganSegLib.pipeline import Options

    from ..consistency import as_markdown, measure_consistency
    from ..predict import open_model

    options = Options(device=device, runtime=runtime, surfaces=False)
    with shown_progress(json_events=False) as progress:
        rows = measure_consistency(open_model(model), studies, output, options, progress)
    typer.echo(as_markdown(rows))


@app.command()
def runtimes(
    model: Annotated[Path, typer.Argument(metavar="RUN_OR_MODEL", help="Run folder or model folder.")],
    studies: Annotated[list[Path], typer.Argument(metavar="STUDY...", help="Files or folders.")],
    output: Output,
) -> None:
    """Compare what OpenVINO and PyTorch find in studies on the CPU, in 32 and in 16 bits."""
    from OrganSegLib.cli.shown import shown_progress

    from ..predict import open_model
    from ..runtimes import as_markdown, measure_runtimes

    with shown_progress(json_events=False) as progress:
        same, dice = measure_runtimes(open_model(model), studies, output, progress)
    typer.echo(as_markdown(same, dice))


def _trained(run: Path, fold: int | None) -> Path:
    """Where `fit --fold N` trained."""
    return run if fold is None else fold_folder(run, fold)
