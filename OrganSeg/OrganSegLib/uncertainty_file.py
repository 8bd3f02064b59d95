"""How unsure the network was of each voxel, as a volume to lay over the scan."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from .errors import OutputError
from .formats import Choices
from .label_files import write_image

if TYPE_CHECKING:
    from .pipeline import Segmentation

NAME = "uncertainty.nii.gz"


def write(found: Segmentation, folder: Path, choices: Choices) -> list[str]:  # noqa: ARG001 (holds no identity)
    """Write ``uncertainty.nii.gz``: percent on the grid of the labels, see `Segmentation.uncertainty`.

    Raises:
        OutputError: ``output.no_uncertainty`` for results that the network's outputs are not known of.
    """
    if found.uncertainty is None:
        raise OutputError(
            "output.no_uncertainty",
            "The network's uncertainty is known during a segmentation only, and was not kept.",
            "Segment the study again: organseg segment STUDY -o FOLDER --format uncertainty.",
        )
    write_image(found.scan.grid.image(found.uncertainty), folder / NAME)
    return [NAME]
