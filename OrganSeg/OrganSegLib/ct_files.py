"""The scan itself beside its results, so that they can be opened again without the study."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from .formats import Choices
from .label_files import write_image

if TYPE_CHECKING:
    from .pipeline import Segmentation

NAME = "ct.nii.gz"


def write(found: Segmentation, folder: Path, choices: Choices) -> list[str]:  # noqa: ARG001 (holds no identity)
    """Write ``ct.nii.gz``: Hounsfield units on the grid of the labels."""
    write_image(found.scan.grid.image(found.scan.voxels), folder / NAME)
    return [NAME]
