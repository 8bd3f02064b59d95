"""Finds the data that ships with OrganSeg, in a source tree, an installed extension and a wheel alike."""

from __future__ import annotations

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
