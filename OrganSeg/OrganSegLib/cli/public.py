"""``organseg models list`` and ``install``: models that everybody may download, and on which terms."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import Cancelled, ModelError
from .failures import EXIT_CODES
from .models import models_app
from .shown import shown_progress

if TYPE_CHECKING:
    from ..importers.catalogue import PublicModel


@models_app.command("list", epilog=EXIT_CODES)
def list_() -> None:
    """List the installed models, and public ones that can be installed."""
    from ..importers.catalogue import public_models
    from ..model import installed_models, model_folders
    from .tables import show_line, show_models, show_table

    problems: list[ModelError] = []
    show_models(installed_models(problems))
    for problem in problems:
        show_line(str(problem))
    offered = [model for name, model in public_models().items() if name not in model_folders()]
    if offered:
        header = ("To install", "Organs", "mm", "Licence", "MB", "s")
        show_table(header, map(_row, offered), right=(1, 2, 4, 5))
        show_line("Seconds are those of their makers. More of one: organseg models info NAME")
        show_line("To install one: organseg models install NAME")


@models_app.command(epilog=EXIT_CODES)
def install(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Public model, see: organseg models list")],
    accept_licence: Annotated[
        bool, typer.Option("--accept-licence", help="Accept its licences without being asked.")
    ] = False,
    sources: Annotated[
        list[Path] | None,
        typer.Option(
            "--from", metavar="FILE", help="Its file, or the folder of its files: nothing is fetched."
        ),
    ] = None,
) -> None:
    """Install a public model: download it, or take it from files that somebody carried in."""
    from ..importers.catalogue import public_model
    from ..importers.known_files import checksum_words
    from ..importers.public import install_public
    from ..model import model_folders
    from .tables import show_line, show_models

    model = public_model(name)
    accepted = accept_licence
    if name not in model_folders():
        _show_terms(model)
        accepted = accepted or _asked()
    with shown_progress(json_events=False) as progress:
        installed = install_public(name, accepted, sources or (), progress)
    show_models([installed])
    for file in model.files:
        if not file.pinned:
            show_line(f"{file.names[0]}: {checksum_words(file)}")
    show_line(f"Installed: {installed.folder}")
    show_line(f"To use it: organseg segment STUDY -o RESULTS --model {name}")


def show_public(model: PublicModel) -> None:
    """All that is known of a public model."""
    from ..importers.known_files import checksum_words
    from .tables import show_line

    _show_terms(model)
    show_line(f"Sees voxels of {model.spacing_mm:g} mm. Home: {model.home}")
    show_line(f"Takes about {model.seconds:g} s and {model.memory_gb:g} GB: {model.estimate}.")
    for file in model.files:
        show_line(f"{file.url}: {checksum_words(file)}")


def _show_terms(model: PublicModel) -> None:
    """What somebody must know who shall accept the licences."""
    from .tables import show_line

    show_line(f"{model.title}: {model.finds}.")
    show_line(f"Licence of the weights: {model.weights_licence}. Of the data: {model.data_licence}.")
    show_line(f"Commercial use: {'yes' if model.commercial else 'no'}. Cite: {model.citation}")
    show_line(f"Download: {_megabytes(model)} MB from {', '.join(model.hosts)}.")


def _asked() -> bool:
    """Whether somebody at the terminal accepts."""
    if not sys.stdin.isatty():
        return False
    try:
        return typer.confirm("Do you accept these licences?", err=True)
    except typer.Abort as error:
        raise Cancelled from error


def _row(model: PublicModel) -> tuple[str, ...]:
    return (
        model.name,
        str(model.structures),
        f"{model.spacing_mm:g}",
        model.weights_licence + ("" if model.commercial else ", no commercial use"),
        _megabytes(model),
        f"{model.seconds:.0f}",
    )


def _megabytes(model: PublicModel) -> str:
    return f"{'' if model.exact else '~'}{model.size / 1e6:.0f}"
