"""What all commands share: the application, its options' types, and how it fails."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
import yaml
from OrganSegLib.cli.failures import Commands

from ..config import Config, load_config
from ..errors import ConfigError

app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

ConfigFile = Annotated[Path, typer.Argument(metavar="CONFIG", help="YAML file; see training/configs.")]
RunFolder = Annotated[
    Path | None,
    typer.Option("--run", metavar="FOLDER", help="Working folder. [default: runs/NAME beside configs]"),
]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Override a key, e.g. fit.iterations=100."),
]


@app.callback()
def organseg_train(
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
) -> None:
    """From raw scans to a model folder that OrganSeg opens."""


def opened(config_file: Path, run: Path | None, settings: list[str] | None) -> tuple[Config, Path]:
    """The configuration with its overrides, and the run's folder.

    Raises:
        ConfigError: as `load_config`, or ``config.bad_value`` for a setting without ``=``.
    """
    config = load_config(config_file, dict(_setting(text) for text in settings or []))
    if ":" in config.network.name:  # the user's own, also in a model folder that exists already
        from OrganSegLib.networks import trust

        trust(config.network.name)
    return config, run or config_file.resolve().parent.parent / "runs" / config.name


def _setting(text: str) -> tuple[str, Any]:
    key, equals, value = text.partition("=")
    if not equals:
        raise ConfigError("config.bad_value", f"--set {text} has no value.", "Write --set KEY=VALUE.")
    return key, yaml.safe_load(value)
