"""The commands and their options; the work is done elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from .. import __version__
from ..formats import FORMATS, Choices
from ..model import DEFAULT_MODEL
from ..pipeline import Options
from ..progress import Progress
from ..runtimes import DEVICES, PRECISIONS, RUNTIMES
from ..volume import Scan
from .answered import answered
from .failures import EXIT_CODES, Commands
from .run import Job, run
from .shown import shown_progress

app = typer.Typer(
    cls=Commands,
    epilog=EXIT_CODES,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def one_of(choices: tuple[str, ...]) -> Callable[[str | None], str | None]:
    """The callback of an option that takes one of a few words, or nothing."""

    def check(value: str | None) -> str | None:
        if value is not None and value not in choices:
            raise typer.BadParameter(f"choose one of {', '.join(choices)}.")
        return value

    return check


Study = Annotated[Path, typer.Argument(help="Folder, zip or file: DICOM, NIfTI, NRRD or MetaImage.")]
Series = Annotated[
    str | None,
    typer.Option(metavar="UID", help="DICOM series to take; by default the axial CT with most slices."),
]
Output = Annotated[Path, typer.Option("--output", "-o", metavar="FOLDER", help="Folder for the results.")]
Organs = Annotated[
    list[str] | None,
    typer.Option(metavar="NAMES", help="Only these organs: a,b,c or repeated. [default: all]"),
]
Device = Annotated[
    str, typer.Option(metavar="|".join(DEVICES), callback=one_of(DEVICES), help="Where the network runs.")
]
Runtime = Annotated[
    str, typer.Option(metavar="|".join(RUNTIMES), callback=one_of(RUNTIMES), help="What runs the network.")
]
Precision = Annotated[
    str,
    typer.Option(
        metavar="|".join(PRECISIONS),
        callback=one_of(PRECISIONS),
        help="What it computes in: fp32 is exact; auto is the fastest that the device has.",
    ),
]
ModelName = Annotated[
    str, typer.Option("--model", metavar="NAME", help="Installed model, or a model folder.")
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace the results of an earlier run.")]
JsonEvents = Annotated[
    bool, typer.Option("--json-events", help="Print one JSON object per line on stdout, for programs.")
]
Formats = Annotated[
    list[str] | None,
    typer.Option("--format", metavar="NAME", help=f"Also write: {', '.join(FORMATS)}. May be repeated."),
]
Anonymous = Annotated[
    bool, typer.Option("--anonymous", help="Leave out who the patient is, and where the study lay.")
]
Decimate = Annotated[
    float,
    typer.Option(
        min=0.0, max=0.99, metavar="SHARE", help="Triangles to leave out of 3D surfaces: 0.5 leaves out half."
    ),
]
Smoothing = Annotated[
    int | None,
    typer.Option(
        min=0, max=100, metavar="STEPS", help="How much to smooth 3D surfaces; 0 leaves the voxels' steps."
    ),
]
InWorker = Annotated[bool, typer.Option("--worker", help="Run the network in a process of its own.")]


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"organseg {__version__}")
        raise typer.Exit


@app.callback()
def organseg(
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Segment the organs of a CT study. Research software, not a medical device."""


@app.command(epilog=EXIT_CODES)
def segment(
    study: Study,
    output: Output,
    series: Series = None,
    organs: Organs = None,
    device: Device = "auto",
    runtime: Runtime = "auto",
    precision: Precision = "auto",
    model: ModelName = DEFAULT_MODEL,
    overwrite: Overwrite = False,
    surfaces: Annotated[bool, typer.Option("--surfaces/--no-surfaces", help="Build 3D surfaces.")] = True,
    formats: Formats = None,
    anonymous: Anonymous = False,
    decimate: Decimate = 0.0,
    smoothing: Smoothing = None,
    worker: InWorker = False,
    json_events: JsonEvents = False,
) -> None:
    """Segment a CT: labels, measurements, 3D surfaces and a picture."""
    from ..ingest import read_study
    from .tables import show_outcome

    def read(progress: Progress) -> Scan:
        progress.report("Reading the study")
        return answered(study, lambda: read_study(study, series))

    kept = "uncertainty" in (formats or ())  # known during the run only
    options = Options(_names(organs), device, runtime, surfaces, uncertainty=kept, precision=precision)
    with shown_progress(json_events) as progress:
        choices = Choices(not anonymous, decimate, smoothing)
        job = Job(output, model, options, overwrite, worker, tuple(formats or ()), choices)
        outcome = run(job, read, progress)
    show_outcome(outcome, json_events)


@app.command(epilog=EXIT_CODES)
def demo(
    output: Output = Path("demo-output"),
    download: Annotated[
        bool, typer.Option("--download", help="Fetch a public real CT (2 MB) instead.")
    ] = False,
    device: Device = "auto",
    runtime: Runtime = "auto",
    model: ModelName = DEFAULT_MODEL,
    overwrite: Overwrite = False,
    json_events: JsonEvents = False,
) -> None:
    """Segment the built-in CT, a phantom whose true volumes are known."""
    from .demo import phantom, public_ct
    from .tables import show_outcome

    truth: dict[str, float] = {}
    read = public_ct if download else lambda progress: phantom(progress, truth)
    options = Options(device=device, runtime=runtime)
    with shown_progress(json_events) as progress:
        kept = () if download else ("ct",)  # a phantom lies nowhere else
        outcome = run(Job(output, model, options, overwrite, formats=kept), read, progress)
    show_outcome(outcome, json_events, truth or None)


@app.command(epilog=EXIT_CODES)
def inspect(study: Study, series: Series = None) -> None:
    """Show what OrganSeg sees in a study, without segmenting it."""
    from ..errors import from_dict
    from ..ingest import format_report, inspect_study

    report = answered(study, lambda: inspect_study(study, series))
    typer.echo(format_report(report))
    if report.problem:
        raise from_dict(report.problem)


@app.command()
def info() -> None:
    """Show versions, devices, runtimes, cache and memory: what to send with a question."""
    from .machine import facts
    from .tables import show_table

    show_table(("What", "Here"), facts().items())


def _names(given: list[str] | None) -> tuple[str, ...] | None:
    """``["liver,spleen", "aorta"]`` -> ``("liver", "spleen", "aorta")``."""
    if given is None:
        return None
    return tuple(name.strip() for part in given for name in part.split(",") if name.strip())
