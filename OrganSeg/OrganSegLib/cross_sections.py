"""How large each organ is on each slice: areas in mm2, as a table and drawn along the body."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING

import numpy as np

from .runs import find_runs
from .volume import FloatArray, Grid, Labelmap

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from .organs import Organ

COLUMNS = ("slice", "position_mm", "name", "label", "area_mm2")
TOWARDS = ("left", "back", "head")
DPI, WIDTH_IN, ROW_IN, MARGIN_IN = 150, 9.0, 0.36, 0.75
ROW_HEIGHT = 0.84  # of the distance between two organs, for the largest section of each
TEXT_SIZE, INK = 8, "#222222"
LETTERS = 18  # of a name, in a line beside the axes


@dataclass(frozen=True)
class Section:
    """An organ's cross-sections summed up over the slices that show it.

    Attributes:
        slices: how many show it.
        mean_mm2: mean area.
        sd_mm2: sample standard deviation (N - 1); None for one slice.
        max_mm2: largest area.
    """

    slices: int
    mean_mm2: float
    sd_mm2: float | None
    max_mm2: float


@dataclass(frozen=True)
class CrossSections:
    """Areas of the organs on the slices of the scan's third axis, in the order of its index k.

    Attributes:
        positions_mm: [k], of each slice along the axis: without tilt, the patient coordinate L, P or S.
        towards: where positions grow to: ``head``, ``left`` or ``back``, which the axis is nearest to.
        areas_mm2: label -> [k], 0 where a slice does not show the organ; only of organs that are present.
    """

    positions_mm: FloatArray
    towards: str
    areas_mm2: dict[int, FloatArray]

    def section(self, label: int) -> Section:
        """Summary of an organ that is present."""
        shown = self.areas_mm2[label][self.areas_mm2[label] > 0]
        sd = float(shown.std(ddof=1)) if len(shown) > 1 else None
        return Section(len(shown), float(shown.mean()), sd, float(shown.max()))


def cross_sections(labelmap: Labelmap) -> CrossSections:
    """Voxels of each organ on each slice times the area of a voxel in the plane of the slice.

    Slices are the scan's own, however they lie in the patient; nothing is resampled. An organ's areas times
    the distance of the slices add up to its volume.
    """
    i_mm, j_mm, _ = labelmap.grid.spacing_mm
    runs = find_runs(labelmap)
    positions, towards = _axis(labelmap.grid)
    areas = {label: own.per_slice * (i_mm * j_mm) for label, own in runs.items()}
    return CrossSections(positions, towards, areas)


def _axis(grid: Grid) -> tuple[FloatArray, str]:
    """Positions of the slices along their normal, and where they grow to."""
    normal = grid.affine[:3, 2] / grid.spacing_mm[2]
    nearest = int(np.argmax(np.abs(normal)))
    normal = normal * np.sign(normal[nearest])
    step = float(normal @ grid.affine[:3, 2])
    return float(normal @ grid.affine[:3, 3]) + step * np.arange(grid.size[2]), TOWARDS[nearest]


def write_csv(path: Path, sections: CrossSections, organs: Mapping[int, Organ]) -> None:
    """One row per organ and slice that shows it, so that mean and SD of the rows are those of the organ.

    ``slice`` is the index k, from 0.
    """
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for label, areas in sections.areas_mm2.items():
            for k in np.flatnonzero(areas):
                position, area = round(float(sections.positions_mm[k]), 3), round(float(areas[k]), 2)
                writer.writerow((int(k), position, organs[label].name, label, area))


def draw(axes: Axes, sections: CrossSections, organs: Mapping[int, Organ]) -> None:
    """Draw the areas of all organs that are present along the axis of the slices, a row for each.

    A row is as high as the organ's own largest section, so that a gland can be read beside the liver; at the
    right stands what that height is, and mean and SD. Names stand at the rows and no colour has to be told
    from another: it can be printed in black and white.

    Args:
        axes: of matplotlib, empty, with room for words on both sides; see `figure`.
        sections: of one scan.
        organs: names and colours of its labels.
    """
    areas = sections.areas_mm2
    at = sections.positions_mm
    order = sorted(areas, key=lambda label: float(np.average(at, weights=areas[label])))  # the highest on top
    beside = axes.get_yaxis_transform()
    for row, label in enumerate(order):
        outline = row + ROW_HEIGHT * areas[label] / areas[label].max()
        colour = tuple(np.divide(organs[label].colour, 255))
        axes.fill_between(at, row, outline, step="mid", color=colour, alpha=0.6, linewidth=0)
        axes.step(at, outline, where="mid", color=INK, linewidth=0.8)
        axes.text(1.015, row + 0.1, _words(sections, label), fontsize=TEXT_SIZE, transform=beside)
    titles = [_in_two_lines(organs[label].title) for label in order]
    axes.set_yticks(np.arange(len(order)) + 0.25, titles, fontsize=TEXT_SIZE)
    axes.set_ylim(-0.1, max(len(order), 1))
    axes.set_xlim(float(at.min()) - 1, float(at.max()) + 1)
    axes.tick_params(axis="x", labelsize=TEXT_SIZE)
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel(f"Position of the slice (mm), towards the {sections.towards}", fontsize=TEXT_SIZE)
    axes.grid(axis="x", color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["left", "top", "right"]].set_visible(False)


def figure(sections: CrossSections, organs: Mapping[int, Organ]) -> Figure:
    """A figure on white of what `draw` draws, as high as there are organs."""
    from matplotlib.figure import Figure

    height = MARGIN_IN + ROW_IN * max(len(sections.areas_mm2), 1)
    drawn = Figure(figsize=(WIDTH_IN, height), dpi=DPI)
    bottom = 0.7 * MARGIN_IN / height
    draw(drawn.add_axes((0.15, bottom, 0.59, 1 - bottom / 0.7)), sections, organs)
    return drawn


def _in_two_lines(title: str) -> str:
    return "\n".join(wrap(title, LETTERS, max_lines=2, placeholder="…"))


def _words(sections: CrossSections, label: int) -> str:
    found = sections.section(label)
    spread = "" if found.sd_mm2 is None else f" ± {_cm2(found.sd_mm2)}"
    return f"max {_cm2(found.max_mm2)}, mean {_cm2(found.mean_mm2)}{spread} cm²"


def _cm2(mm2: float) -> str:
    return f"{mm2 / 100:.1f}" if mm2 < 10000 else f"{mm2 / 100:,.0f}"
