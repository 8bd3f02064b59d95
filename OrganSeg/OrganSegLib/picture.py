"""One picture that shows at a glance whether the organs are where they should be."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .measure import OrganMeasurements
from .render import View, render
from .slices import Slice, cut
from .tables import NOTICE, volume_text
from .volume import Labelmap, Scan

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.path import Path as Line
    from vtkmodules.vtkCommonDataModel import vtkPolyData

    from .organs import Organ
    from .quality import OrganTrust

DPI, WIDTH_IN, HEIGHT_IN = 110, 17.0, 9.6
VIEW_PLACE = (0.485, 0.045, 0.335, 0.88)  # of the 3D view: left, bottom, width, height
VIEW_PIXELS = int(VIEW_PLACE[2] * WIDTH_IN * DPI), int(VIEW_PLACE[3] * HEIGHT_IN * DPI)
WINDOW_HU = (-160.0, 240.0)  # soft tissue: level 40, width 400
BACKGROUND, TEXT, QUIET = "#0d1117", "#e6edf3", "#8b949e"
FILL_OPACITY = 0.32
SOFTNESS = 0.75  # voxels
REACH = 4.0  # standard deviations that a Gaussian filter of scipy's looks away
LEGEND_ROWS, MOST_ROWS = 24, 36  # fewer stand as wide apart as that many; more would lie on each other
FITTING, LETTERS = 19, 32  # of a name in the list: those that fit, and those that smaller ones may have
FLAGGED: dict[str, dict[str, Any]] = {
    "warning": {"marker": "^", "facecolor": "#ff6b5e"},
    "note": {"marker": "D", "facecolor": "#e3b341"},
}


def draw_overview(
    scan: Scan,
    labelmap: Labelmap,
    measurements: Sequence[OrganMeasurements],
    surfaces: Mapping[int, vtkPolyData],
    path: Path,
    title: str = "OrganSeg",
    trust: Sequence[OrganTrust] = (),
) -> None:
    """Draw three slices with the organs over them, a 3D view and a list of volumes into a PNG file.

    Organs with flags in ``trust`` are marked in the list, by shapes that differ without colour, too.

    Slices are shown as radiologists do (patient right on the left, head up) in true proportions and in the
    soft-tissue window, whatever the orientation of the scan's grid.

    Raises:
        OSError: the file could not be written.
    """
    with ThreadPoolExecutor(1) as aside:  # the 3D view takes as long as all else, and nothing of matplotlib's
        view = aside.submit(render, surfaces, labelmap.organs, *VIEW_PIXELS)
        from matplotlib.figure import Figure

        figure = Figure(figsize=(WIDTH_IN, HEIGHT_IN), dpi=DPI, facecolor=BACKGROUND)
        _draw_slices(figure, scan, labelmap)
        _draw_legend(figure, labelmap.organs, measurements, {organ.name: organ.level for organ in trust})
        figure.text(0.012, 0.955, title, color=TEXT, fontsize=17, fontweight="bold")
        figure.text(0.012, 0.014, NOTICE, color=QUIET, fontsize=9)
        _draw_3d(figure, view.result())
    figure.savefig(path, format="png", pil_kwargs={"compress_level": 3})


def _draw_slices(figure: Figure, scan: Scan, labelmap: Labelmap) -> None:
    axial, coronal, sagittal = cut(scan, labelmap)
    across = [coronal.hu.shape[1] * coronal.pixel_mm, sagittal.hu.shape[1] * sagittal.pixel_mm]
    slices = figure.add_gridspec(
        2, 2, width_ratios=across, left=0.012, right=0.475, bottom=0.045, top=0.925, wspace=0.02, hspace=0.03
    )
    cells = ((axial, slices[0, :]), (coronal, slices[1, 0]), (sagittal, slices[1, 1]))
    voxel_mm = float(np.prod(labelmap.grid.spacing_mm)) ** (1 / 3)
    for view, cell in cells:
        draw_slice(figure.add_subplot(cell), view, labelmap.organs, voxel_mm)


def draw_slice(
    axes: Axes, view: Slice, organs: Mapping[int, Organ], voxel_mm: float, mark_pt: float = 11
) -> None:
    """Draw a slice with its organs.

    Args:
        axes: to draw into.
        view: what to draw.
        organs: label value -> organ.
        voxel_mm: mean size of the labels' voxels; it decides how smooth outlines are.
        mark_pt: size of the letters at the edges.
    """
    from matplotlib.collections import PathCollection

    low, high = WINDOW_HU
    grey = np.clip((view.hu - low) / (high - low), 0, 1)
    picture = np.repeat(grey[..., None], 3, axis=2)
    outlines, colours = [], []
    sigma = SOFTNESS * voxel_mm / view.pixel_mm
    for label, box in _boxes(view.labels, sigma):
        colour = np.divide(organs[label].colour, 255)
        soft = _softened(view.labels[box] == label, sigma)
        opacity = FILL_OPACITY * np.clip(soft * 2 - 0.5, 0, 1)[..., None]
        picture[box] = picture[box] * (1 - opacity) + colour * opacity
        outlines.append(_outline(soft, box))
        colours.append(np.clip(colour * 1.15, 0, 1))
    axes.imshow(picture, interpolation="bilinear", aspect="equal")
    # All at once: one collection for each organ takes longer than all else in a slice.
    lines = PathCollection(outlines, facecolors="none", edgecolors=colours, linewidths=1.1, zorder=2)
    axes.add_collection(lines, autolim=False)
    axes.set_axis_off()
    axes.set_anchor("C")
    _mark_edges(axes, view, mark_pt)


def _boxes(labels: NDArray[Any], sigma: float) -> Iterator[tuple[int, tuple[slice, slice]]]:
    """Each label that is there, and the rows and columns that it is seen in when softened."""
    from scipy.ndimage import find_objects

    margin = math.ceil(REACH * sigma) + 1
    for label, box in enumerate(find_objects(labels), 1):
        if box is not None:
            ends = zip(box, labels.shape, strict=True)
            rows, columns = (slice(max(0, a.start - margin), min(a.stop + margin, n)) for a, n in ends)
            yield label, (rows, columns)


def _softened(mask: NDArray[np.bool_], sigma: float) -> NDArray[np.float32]:
    """A mask whose 0.5 contour runs smoothly across the voxels' corners."""
    from scipy.ndimage import gaussian_filter

    return np.asarray(gaussian_filter(mask.astype(np.float32), sigma))


def _outline(soft: NDArray[np.float32], box: tuple[slice, slice]) -> Line:
    """The 0.5 contour of a part of a picture, as a line in the picture."""
    from contourpy import contour_generator
    from matplotlib.path import Path as Line

    corner = box[1].start, box[0].start
    found: Any = contour_generator(z=soft, line_type="SeparateCode").lines(0.5)
    return Line.make_compound_path(
        *(Line(points + corner, codes) for points, codes in zip(*found, strict=True))
    )


def _mark_edges(axes: Axes, view: Slice, size_pt: float) -> None:
    from matplotlib.patheffects import withStroke

    style: dict[str, Any] = {
        "color": TEXT,
        "fontsize": size_pt,
        "fontweight": "bold",
        "transform": axes.transAxes,
    }
    style["path_effects"] = [withStroke(linewidth=2.5, foreground="black")]  # legible on bone and on air
    left, right = (0.015, 0.5, "left", "center"), (0.985, 0.5, "right", "center")
    top, bottom = (0.5, 0.985, "center", "top"), (0.5, 0.015, "center", "bottom")
    for mark, (x, y, horizontal, vertical) in zip(view.plane.marks, (left, right, top, bottom), strict=True):
        axes.text(x, y, mark, ha=horizontal, va=vertical, **style)
    axes.text(0.015, 0.985, view.plane.name, ha="left", va="top", **style | {"color": QUIET})


def _draw_3d(figure: Figure, view: View) -> None:
    axes = figure.add_axes(VIEW_PLACE)
    axes.set_axis_off()
    axes.imshow(view.picture)


def listed(measurements: Sequence[OrganMeasurements], levels: Mapping[str, str]) -> list[OrganMeasurements]:
    """The organs that the list has room for: found ones first, and in doubt those with flags and large ones.

    Args:
        measurements: of all organs.
        levels: by name how far an organ can be trusted, see `OrganTrust.level`.
    """
    grave = {"warning": 0, "note": 1}
    order = sorted(
        measurements,
        key=lambda one: (one.status == "absent", grave.get(levels.get(one.name, ""), 2), -one.volume_ml),
    )
    kept = {one.label for one in order[:MOST_ROWS]}
    return sorted((one for one in measurements if one.label in kept), key=lambda one: one.status == "absent")


def _draw_legend(
    figure: Figure,
    organs: Mapping[int, Organ],
    measurements: Sequence[OrganMeasurements],
    levels: Mapping[str, str],
) -> None:
    """Found organs with their volumes from the top down, those that are absent in grey below.

    ``levels`` says by name how far an organ can be trusted, see `OrganTrust.level`.
    """
    axes = figure.add_axes((0.83, 0.045, 0.16, 0.88))
    axes.set_axis_off()
    axes.set_xlim(0, 1)
    rows = listed(measurements, levels)
    axes.set_ylim(max(len(rows) + 2, LEGEND_ROWS), 0)
    if len(rows) < len(measurements):
        more = f"and {len(measurements) - len(rows)} more in measurements.csv"
        axes.text(0.10, len(rows) + 0.5, more, color=QUIET, fontsize=10, va="center")
    fills, frames = [], []
    for row, measured in enumerate(rows):
        organ, found = organs[measured.label], measured.status == "found"
        style: dict[str, Any] = {"color": TEXT if found else QUIET, "fontsize": 11.5, "va": "center"}
        fills.append(np.divide(organ.colour, 255) if found else "none")
        frames.append("none" if found else QUIET)
        name = organ.title if len(organ.title) <= LETTERS else f"{organ.title[: LETTERS - 1]}…"
        small = {"fontsize": style["fontsize"] * min(1.0, FITTING / len(name))}
        axes.text(0.10, row + 0.5, name, **style | small)
        axes.text(0.93, row + 0.5, volume_text(measured), ha="right", **style)
    middles = np.arange(len(rows)) + 0.5
    axes.scatter(np.full(len(rows), 0.03), middles, s=90, marker="s", facecolors=fills, edgecolors=frames)
    for level, mark in FLAGGED.items():
        flagged = middles[[levels.get(measured.name) == level for measured in rows]]
        axes.scatter(np.full(len(flagged), 0.975), flagged, s=60, edgecolor=BACKGROUND, linewidth=0.5, **mark)
    for place, (words, mark) in enumerate(zip(("check", "note"), FLAGGED.values(), strict=True)):
        if any(FLAGGED.get(level) is mark for level in levels.values()):
            below = axes.get_ylim()[0] - 0.5
            axes.scatter(0.03 + 0.4 * place, below, s=60, **mark)
            axes.text(0.08 + 0.4 * place, below, words, color=QUIET, fontsize=10, va="center")
