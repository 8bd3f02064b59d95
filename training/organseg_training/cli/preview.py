"""``preview``: the machine, and the first batch of a training as a picture."""

from __future__ import annotations

import typer

from .app import ConfigFile, RunFolder, Settings, app, opened


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
    draw_preview(config, folder / "cases", picture)
    typer.echo(f"{'Preview':12} {picture}")
