"""Label maps side by side: the truth, and what one or several models found."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from OrganSegLib.organs import Organ, organ_named
from OrganSegLib.picture import draw_slice
from OrganSegLib.slices import best_positions, cut
from OrganSegLib.volume import Grid, Labelmap, Scan

from ..classes import UNKNOWN, Classes
from ..figures import new_figure, save_figure
from ..native_slices import NativeSlices, write_masks
from ..readers import LabelArray

GREY = (128, 128, 128)
COLUMN_INCHES = 4.5


def draw_side_by_side(
    path: Path, scan: Scan, grid: Grid, maps: Mapping[str, NDArray[np.uint8]], classes: Classes
) -> None:
    """An axial and a coronal slice of each label map in a column of its own, as PNG.

    Args:
        scan: drawn beneath.
        grid: of all label maps.
        maps: title -> class numbers; the slices show most of the first one that is not empty. What is
            unknown is not shown.
    """
    organs = organs_of(classes)
    shown = [Labelmap(np.where(voxels == UNKNOWN, 0, voxels), grid, organs) for voxels in maps.values()]
    positions = best_positions(next((one for one in shown if one.voxels.any()), shown[0]))
    figure = new_figure(COLUMN_INCHES * len(maps), 2 * COLUMN_INCHES, facecolor="black")
    axes = figure.subplots(2, len(maps), squeeze=False)
    voxel_mm = float(np.prod(grid.spacing_mm)) ** (1 / 3)
    for column, (title, labelmap) in enumerate(zip(maps, shown, strict=True)):
        axes[0, column].set_title(title, color="white")
        for row, view in enumerate(cut(scan, labelmap, positions)[:2]):
            draw_slice(axes[row, column], view, organs, voxel_mm)
    save_figure(figure, path, dpi=80)


def write_masks_beside(
    folder: Path, scan: Scan, truth: LabelArray, predicted: NDArray[np.uint8], classes: Classes
) -> None:
    """Each slice's mask as ``true/NAME.png`` and ``predicted/NAME.png``; what is unknown is grey."""
    slices = NativeSlices.of(scan, truth.grid)
    colours = {value: organ.colour for value, organ in organs_of(classes).items()} | {UNKNOWN: GREY}
    for kind, voxels in (("true", truth.values), ("predicted", predicted)):
        write_masks(folder / kind, slices.stacked(voxels), slices.names, colours, "png")


def organs_of(classes: Classes) -> dict[int, Organ]:
    """Class number -> how it is shown."""
    return {number: organ_named(name) for number, name in enumerate(classes.names) if number}
