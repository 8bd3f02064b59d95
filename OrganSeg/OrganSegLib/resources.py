"""Finds the data that ships with OrganSeg, in a source tree, an installed extension and a wheel alike."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from .errors import ModelError


def resources_dir() -> Path:
    """The folder that holds ``organs.json`` and ``Models``.

    A wheel and an installed Slicer extension carry it beside or inside the library; a checkout has it at
    the top of the repository.

    Raises:
        ModelError: ``model.no_resources`` when the installation is incomplete.
    """
    here = Path(__file__).resolve().parent
    for folder in (here / "Resources", here.parent / "Resources", here.parents[1] / "Resources"):
        if (folder / "organs.json").is_file():
            return folder
    raise ModelError(
        "model.no_resources",
        "OrganSeg's own data (organ names and models) was not found beside its code.",
        "Install OrganSeg again.",
    )


def cache_dir() -> Path:
    """The user's folder for what can be made or fetched again; ``ORGANSEG_CACHE`` names another one."""
    if chosen := os.environ.get("ORGANSEG_CACHE"):
        return Path(chosen)
    home = Path.home()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", home / "AppData" / "Local")) / "OrganSeg" / "Cache"
    if sys.platform == "darwin":
        return home / "Library" / "Caches" / "OrganSeg"
    return Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache") / "organseg"


def models_dir() -> Path:
    """The user's folder for models that were imported; ``ORGANSEG_MODELS`` names another one."""
    if chosen := os.environ.get("ORGANSEG_MODELS"):
        return Path(chosen)
    home = Path.home()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", home / "AppData" / "Local")) / "OrganSeg" / "Models"
    if sys.platform == "darwin":
        return home / "Library" / "Application Support" / "OrganSeg" / "Models"
    return Path(os.environ.get("XDG_DATA_HOME") or home / ".local" / "share") / "organseg" / "models"
