"""Commands about data: ``convert``, ``group``, ``prepare``, ``split``, ``fingerprint``, ``preview``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..run_folder import CASES, CONFIG, SPLITS
from .app import ConfigFile, RunFolder, Settings, app, opened

Source = Annotated[Path, typer.Argument(help="A scan, or a folder of scans.")]
IsLabels = Annotated[bool, typer.Option("--labels", help="The source is a label map, not a scan.")]


@app.command()
def convert(
    source: Source,
    output: Annotated[Path, typer.Argument(help="Folder; or a file like ct.nii.gz for a single scan.")],
    to: Annotated[str, typer.Option(help="dicom, or an ending: nii.gz, nii, nrrd, mha.")] = "",
    labels: IsLabels = False,
) -> None:
    """Turn scans or label maps into DICOM series, or into NIfTI, NRRD or MetaImage files.

    A single scan becomes OUTPUT: a file where the name has such an ending, otherwise a DICOM folder. With
    --to, every scan in SOURCE becomes a file or folder of its name in OUTPUT.
    """
    from OrganSegLib.ingest.locate import image_format

    from ..convert import scans_in, to_dicom, to_image
    from ..files import plain_name

    if not to:
        jobs = {source: output}
    else:
        ending = "" if to == "dicom" else f".{to.removeprefix('.')}"
        jobs = {scan: output / f"{plain_name(scan)}{ending}" for scan in scans_in(source)}
    for scan, target in jobs.items():
        (to_image if image_format(target) else to_dicom)(scan, target, labels)
        typer.echo(f"{scan.name} -> {target}")


@app.command()
def group(
    source: Source,
    output: Annotated[Path, typer.Argument(help="Folder for the groups; with --join, the file to write.")],
    slices: Annotated[int, typer.Option(help="Slices of a group, 8 to 100.")] = 65,
    labels: IsLabels = False,
    join: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="groups.json of a scan: join the predictions in SOURCE instead."),
    ] = None,
) -> None:
    """Cut scans into groups of slices, or join predictions of the groups again."""
    from .. import group as groups
    from ..convert import scans_in
    from ..files import plain_name

    if join:
        typer.echo(f"Joined: {groups.join(source, groups.Groups.load(join), output)}")
        return
    for scan in scans_in(source):
        made = groups.cut(scan, output / plain_name(scan), slices, labels)
        typer.echo(f"{made.name}: {len(made.groups)} groups in {output / made.name}")


@app.command()
def prepare(
    config_file: ConfigFile,
    run: RunFolder = None,
    settings: Settings = None,
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="Leave out scans that cannot be used, and record them.")
    ] = False,
) -> None:
    """Check all scans and bring them to the network's grid."""
    from OrganSegLib.cli.shown import shown_progress

    from ..prepare import prepare as prepare_cases

    config, folder = opened(config_file, run, settings)
    with shown_progress(json_events=False) as progress:
        manifest = prepare_cases(config, folder / CASES, skip_bad=skip_bad, progress=progress)
    for problem in manifest.problems:
        typer.echo(f"Left out: {problem.name}: {problem.sentence} [{problem.code}]", err=True)
    for names in manifest.duplicates:
        typer.echo(f"Equal content: {', '.join(names)}; they count as one patient.", err=True)
    config.save(folder / CONFIG)
    typer.echo(f"{len(manifest.cases)} cases in {folder / 'cases'}")


@app.command()
def split(config_file: ConfigFile, run: RunFolder = None, settings: Settings = None) -> None:
    """Divide the prepared cases for training, validation and test, by patient."""
    from OrganSegLib.cli.tables import show_table

    from ..manifest import Manifest
    from ..split import make_splits, save_splits

    config, folder = opened(config_file, run, settings)
    folds = make_splits(Manifest.load(folder / CASES), config.split)
    save_splits(folder / SPLITS, folds, config.split)
    rows = [
        (str(n), *(", ".join(side) or "-" for side in (fold.train, fold.validation, fold.test)))
        for n, fold in enumerate(folds, 1)
    ]
    show_table(("Fold", "Train", "Validation", "Test"), rows)


@app.command()
def fingerprint(config_file: ConfigFile, run: RunFolder = None, settings: Settings = None) -> None:
    """Show what the prepared data are like, and the settings that they suggest."""
    from OrganSegLib.cli.tables import show_table

    from ..fingerprint import fingerprint as measure

    config, folder = opened(config_file, run, settings)
    found = measure(config, folder / CASES)
    found.save(folder / "fingerprint.json")
    rows = [
        (
            name,
            f"{facts.found_in}/{facts.known_in}",
            str(facts.voxels),
            "{:.4g} ({:.4g} to {:.4g})".format(*(facts.volume_ml[n] for n in (1, 0, 2))),
            "{2:g} ({0:g} to {4:g})".format(*facts.hu),
        )
        for name, facts in found.classes.items()
    ]
    header = ("Class", "Shown/known in", "Voxels", "Volume ml, median (range)", "HU, median (0.5 to 99.5 %)")
    show_table(header, rows, right=(1, 2, 3, 4))
    typer.echo(f"{found.cases} cases of {found.patients} patients. {found.suggestion}")


@app.command()
def preview(config_file: ConfigFile, run: RunFolder = None, settings: Settings = None) -> None:
    """Show this computer's characteristics, and draw the first batch, plain and augmented."""
    from OrganSegLib.cli.machine import facts

    from ..preview import draw_preview
    from ..provenance import machine

    config, folder = opened(config_file, run, settings)
    gpus = [f"{gpu['name']}, {gpu['memory_gb']} GB" for gpu in machine()["gpus"]]
    for name, value in {**facts(), "GPU": "; ".join(gpus) or "none"}.items():
        typer.echo(f"{name:12} {value}")
    picture = folder / "preview.png"
    draw_preview(config, folder / CASES, picture)
    typer.echo(f"{'Preview':12} {picture}")
