"""``organseg models``: what is installed, and models from elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .answered import answered
from .commands import app
from .failures import EXIT_CODES
from .shown import shown_progress

models_app = typer.Typer(rich_markup_mode=None)
app.add_typer(models_app, name="models")

Name = Annotated[str, typer.Argument(metavar="NAME", help="Installed model, or a model folder.")]


@models_app.callback(invoke_without_command=True)
def models(context: typer.Context) -> None:
    """List, install, import, check, describe and remove models."""
    if context.invoked_subcommand is None:
        from .public import list_

        list_()


def _orientation(text: str | None) -> str | None:
    from ..plan import is_orientation

    if text is not None and not is_orientation(text.upper()):
        raise typer.BadParameter(f"{text!r} names no directions of x, y and z, such as RAS.")
    return text and text.upper()


@models_app.command("import", epilog=EXIT_CODES)
def import_(
    sources: Annotated[
        list[Path],
        typer.Argument(
            metavar="FOLDER_OR_ZIP...",
            help="nnU-Net v2 model or MONAI bundle; several of nnU-Net become one with all organs.",
        ),
    ],
    name: Annotated[str | None, typer.Option(metavar="NAME", help="Name of the installed model.")] = None,
    configuration: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Which of several to take, such as 3d_fullres or lowres."),
    ] = None,
    folds: Annotated[
        str | None,
        typer.Option(
            metavar="0,1,...", help="Folds of nnU-Net to take: fewer are quicker. [default: all there are]"
        ),
    ] = None,
    orientation: Annotated[
        str | None,
        typer.Option(
            metavar="RAS|LPS|...",
            help="Where the axes of the images it learnt from run to. [default: what it tells, or RAS]",
            callback=_orientation,
        ),
    ] = None,
    whole: Annotated[
        bool,
        typer.Option("--whole", help="See the whole body at once, not tiles: quicker, labels differ."),
    ] = False,
) -> None:
    """Install a model that nnU-Net v2 trained, TotalSegmentator's for example, or a MONAI bundle."""
    from ..importers import Choice, import_models
    from .tables import show_line, show_models

    chosen = tuple(fold.strip() for fold in folds.split(",")) if folds else None
    with shown_progress(json_events=False) as progress:
        choice = Choice(name, configuration, chosen, orientation, whole)
        model = import_models(sources, choice, progress)
    show_models([model])
    show_line(f"Installed: {model.folder}")
    if model.plan.nnunet:
        show_line(f"Its images are taken for {model.plan.nnunet.orientation}; if not so, tell --orientation.")
    show_line(f"To use it: organseg segment STUDY -o RESULTS --model {model.plan.name}")


@models_app.command(epilog=EXIT_CODES)
def info(name: Name) -> None:
    """Describe a model: its card, and the terms of a public one, installed or not."""
    from ..importers.catalogue import public_models
    from ..model import card_of, load_model, model_folders
    from .public import show_public
    from .tables import show_line, show_models

    public = public_models().get(name)
    if public and public.files:
        show_public(public)
        if name not in model_folders():
            show_line(f"It is not installed. To install it: organseg models install {name}")
            return
    model = answered(name, lambda: load_model(name), "model")
    show_models([model])
    show_line(card_of(model) or "It has no card.")


@models_app.command(epilog=EXIT_CODES)
def verify(name: Name) -> None:
    """Check that a model is whole and unchanged, and that its weights fit its network."""
    from ..model import load_model, torch_network
    from .tables import show_line

    model = answered(name, lambda: load_model(name), "model")
    torch_network(model)
    show_line(f"The model {model.plan.name} is whole: {model.folder}")


@models_app.command(epilog=EXIT_CODES)
def remove(name: Annotated[str, typer.Argument(metavar="NAME", help="Imported model.")]) -> None:
    """Delete an imported model."""
    from ..model import remove_model
    from .tables import show_line

    show_line(f"Removed: {remove_model(name)}")
