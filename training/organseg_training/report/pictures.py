"""True and predicted masks side by side."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from OrganSegLib.organs import Organ, organ_named
from OrganSegLib.picture import draw_slice
from OrganSegLib.slices import best_positions, cut
from OrganSegLib.volume import Labelmap, Scan

from ..classes import UNKNOWN, Classes
from ..files import replacing
from ..own_slices import OwnSlices, write_masks
from ..readers import LabelArray

GREY = (128, 128, 128)


def draw_side_by_side(
    path: Path, scan: Scan, truth: LabelArray, predicted: NDArray[np.uint8], classes: Classes
) -> None:
    """An axial and a coronal slice, the truth on the left and the result on the right, as PNG."""
    from matplotlib.figure import Figure

    organs = organs_of(classes)
    known = np.where(truth.values == UNKNOWN, 0, truth.values)
    maps = [Labelmap(voxels, truth.grid, organs) for voxels in (known, predicted)]
    positions = best_positions(maps[0] if known.any() else maps[1])
    figure = Figure(figsize=(9, 9), layout="constrained", facecolor="black")
    axes = figure.subplots(2, 2)
    voxel_mm = float(np.prod(truth.grid.spacing_mm)) ** (1 / 3)
    for column, (labelmap, title) in enumerate(zip(maps, ("Truth", "OrganSeg"), strict=True)):
        axes[0, column].set_title(title, color="white")
        for row, view in enumerate(cut(scan, labelmap, positions)[:2]):
            draw_slice(axes[row, column], view, organs, voxel_mm)
    with replacing(path) as temporary:
        figure.savefig(temporary, dpi=80)


def write_masks_beside(
    folder: Path, scan: Scan, truth: LabelArray, predicted: NDArray[np.uint8], classes: Classes
) -> None:
    """Each slice's mask as ``true/NAME.png`` and ``predicted/NAME.png``; what is unknown is grey."""
    slices = OwnSlices.of(scan, truth.grid)
    colours = {value: organ.colour for value, organ in organs_of(classes).items()} | {UNKNOWN: GREY}
    for kind, voxels in (("true", truth.values), ("predicted", predicted)):
        write_masks(folder / kind, slices.stacked(voxels), slices.names, colours, "png")


def organs_of(classes: Classes) -> dict[int, Organ]:
    """Class number -> how it is shown."""
    return {number: organ_named(name) for number, name in enumerate(classes.names) if number}
