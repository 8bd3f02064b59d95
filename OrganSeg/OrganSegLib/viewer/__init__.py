"""The organs as an interactive 3D page: one HTML file that needs neither a network nor a server."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from .content import Content
from .page import page_of

if TYPE_CHECKING:
    from ..formats import Choices
    from ..pipeline import Segmentation

NAME = "organs.html"


def write(found: Segmentation, folder: Path, choices: Choices) -> list[str]:  # noqa: ARG001 (holds no identity)
    """Write ``organs.html``; who the patient is does not stand in it.

    Raises:
        OutputError: as `page.page_of`.
    """
    (folder / NAME).write_text(page_of(Content.of(found)), encoding="utf-8")
    return [NAME]


def current_file(results: Path) -> Path | None:
    """The page in a result folder; None where there is none, or only one of older labels."""
    page, labels = results / NAME, results / "segmentation.nii.gz"
    made = page.is_file() and labels.is_file() and page.stat().st_mtime >= labels.stat().st_mtime
    return page if made else None
