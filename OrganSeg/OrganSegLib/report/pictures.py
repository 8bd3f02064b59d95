"""The pictures of a report, drawn at the size in which they are printed; organs carry their numbers."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..cross_sections import CrossSections, figure
from ..organs import Organ
from ..picture import draw_slice
from ..pipeline import Segmentation
from ..render import View, extent_mm, render
from ..slices import Slice, cut
from ..surfaces import extract_surfaces
from ..volume import Labelmap
from .content import WIDTH_MM, Gallery, Picture

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DPI, MM_PER_INCH = 200, 25.4
GAP_MM = 3.0  # between pictures
SLICE_MM, SIDE_MM, LEAST_SIDE_MM = 78.0, 66.0, 30.0  # heights
STRIP = 3.0  # width over height from which a slice gets a row of its own
MARK_PT, NUMBER_PT = 7.0, 6.5
NUMBER_MM = 1.1  # radius of the smallest spot that carries a number
COARSE_MM, LEAST_PIXELS = 2.0, 8  # of surfaces and of pictures in 3D
MOST_ROWS = 20  # organs in a picture of cross-sections
BARS_MM = (10, 20, 50, 100, 200)
SIDES = (
    ("Front", 0, "R", "L"),
    ("Back", 180, "L", "R"),
    ("Left", 90, "A", "P"),
    ("Right", 270, "P", "A"),
)


def slices(found: Segmentation) -> Gallery:
    """Axial, coronal and sagittal slices with the organs over them: in a row, strips below each other."""
    views = cut(found.scan, found.labelmap)
    shapes = [view.hu.shape[1] / view.hu.shape[0] for view in views]
    rows = [[view] for view in views] if max(shapes) > STRIP else [views]
    return Gallery(tuple(tuple(_slices_in_a_row(row, found.labelmap)) for row in rows))


def sides(labelmap: Labelmap) -> Gallery:
    """The organs from four sides, all on one scale; empty where there are none."""
    surfaces = extract_surfaces(_coarse(labelmap))
    if not surfaces:
        return Gallery(())
    sizes = [extent_mm(surfaces, np.radians(turn)) for _, turn, _, _ in SIDES]
    rows: list[Sequence[int]] = [range(4)]
    scale = _scale([sizes[n] for n in rows[0]], SIDE_MM)
    if scale * max(height for _, height in sizes) < LEAST_SIDE_MM:
        rows = [(0, 1), (2, 3)]
        scale = min(_scale([sizes[n] for n in row], SIDE_MM) for row in rows)
    pixels = scale / MM_PER_INCH * DPI

    def rendered(side: int) -> View:
        width, height = (max(LEAST_PIXELS, round(mm * pixels)) for mm in sizes[side])
        return render(surfaces, labelmap.organs, width, height, np.radians(SIDES[side][1]))

    with ThreadPoolExecutor() as pool:
        views = list(pool.map(rendered, range(4)))
    return Gallery(tuple(tuple(_side(views[n], n, 1 / pixels) for n in row) for row in rows))


def sections(measured: CrossSections, organs: Mapping[int, Organ]) -> Gallery:
    """Cross-sections of the organs along the body, as many in a picture as fit on a page."""
    labels = list(measured.areas_mm2)
    rows = []
    for start in range(0, len(labels), MOST_ROWS):
        areas = {label: measured.areas_mm2[label] for label in labels[start : start + MOST_ROWS]}
        plot = figure(replace(measured, areas_mm2=areas), organs)
        width, height = plot.get_size_inches()
        names = ", ".join(organs[label].title for label in areas)
        alt = f"Areas along the body of: {names}."
        rows.append((Picture(_png(plot), WIDTH_MM, WIDTH_MM * height / width, "", alt),))
    return Gallery(tuple(rows))


def _coarse(labelmap: Labelmap) -> Labelmap:
    """Every other voxel, or fewer, as many as a small picture can show: it takes a quarter of the time."""
    grid = labelmap.grid
    x, y, z = grid.spacing_mm
    i, j, k = (max(1, int(COARSE_MM / mm)) for mm in grid.spacing_mm)
    voxels = np.ascontiguousarray(labelmap.voxels[::k, ::j, ::i])
    coarse = replace(grid, size=voxels.shape[::-1], spacing_mm=(x * i, y * j, z * k))
    return replace(labelmap, voxels=voxels, grid=coarse)


def _png(drawn: Figure) -> bytes:
    """A PNG file."""
    buffer = io.BytesIO()
    drawn.savefig(buffer, format="png")
    return buffer.getvalue()


def _scale(sizes: Sequence[tuple[float, float]], height_mm: float) -> float:
    """By which pictures of these sizes in the patient fill a row of print."""
    room = WIDTH_MM - GAP_MM * (len(sizes) - 1)
    return min(room / sum(width for width, _ in sizes), height_mm / max(height for _, height in sizes))


def _slices_in_a_row(views: Sequence[Slice], labelmap: Labelmap) -> Iterator[Picture]:
    """All of the same height, which the row's width allows."""
    shapes = [view.hu.shape[1] / view.hu.shape[0] for view in views]
    height = _scale([(shape, 1.0) for shape in shapes], SLICE_MM)
    for view, shape in zip(views, shapes, strict=True):
        yield _slice(view, labelmap, shape * height, height)


def _slice(view: Slice, labelmap: Labelmap, width_mm: float, height_mm: float) -> Picture:
    drawn, axes = _canvas(width_mm, height_mm)
    voxel_mm = float(np.prod(labelmap.grid.spacing_mm)) ** (1 / 3)
    draw_slice(axes, view, labelmap.organs, voxel_mm, MARK_PT)
    _draw_numbers(axes, view.labels, width_mm / view.labels.shape[1], "white", "black")
    _draw_bar(axes, view.labels.shape, view.pixel_mm, "white", "black")
    axis, name = "lps"[view.plane.normal], view.plane.name
    shown = [labelmap.organs[label].title for label in np.unique(view.labels) if label]
    alt = f"{name} slice with outlines of: {', '.join(shown) or 'no organ'}."
    return Picture(_png(drawn), width_mm, height_mm, f"{name}, {axis} = {view.position_mm:.1f} mm", alt)


def _side(view: View, side: int, pixel_mm: float) -> Picture:
    name, _, left, right = SIDES[side]
    height, width = view.labels.shape
    width_mm, height_mm = (n / DPI * MM_PER_INCH for n in (width, height))
    drawn, axes = _canvas(width_mm, height_mm)
    axes.imshow(view.picture, aspect="equal")
    _draw_numbers(axes, view.labels, MM_PER_INCH / DPI, "black", "white")
    if side == 0:
        _draw_bar(axes, view.labels.shape, pixel_mm, "black", "white")
    alt = f"3D view of the organs from the patient's {name.lower()}."
    return Picture(_png(drawn), width_mm, height_mm, f"{name} ({left} | {right})", alt)


def _canvas(width_mm: float, height_mm: float) -> tuple[Figure, Axes]:
    """A figure that its axes fill."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width_mm / MM_PER_INCH, height_mm / MM_PER_INCH), dpi=DPI, facecolor="white")
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    return figure, axes


def _draw_numbers(axes: Axes, labels: NDArray[Any], pixel_mm: float, colour: str, halo: str) -> None:
    """Each organ's number where its picture is widest; ``pixel_mm`` of print decides what is too small."""
    from matplotlib.patheffects import withStroke

    for label, row, column, radius in _spots(labels):
        if radius * pixel_mm >= NUMBER_MM:
            text = axes.text(
                column, row, str(label), color=colour, fontsize=NUMBER_PT, ha="center", va="center"
            )
            text.set_path_effects([withStroke(linewidth=1.6, foreground=halo)])


def _spots(labels: NDArray[Any]) -> Iterator[tuple[int, int, int, float]]:
    """Label, row, column and radius in pixels of the largest disc in each organ's picture."""
    from scipy.ndimage import distance_transform_edt, find_objects

    for label, box in enumerate(find_objects(labels), start=1):
        if box is None:
            continue
        depth = distance_transform_edt(np.pad(labels[box] == label, 1))[1:-1, 1:-1]
        row, column = np.unravel_index(depth.argmax(), depth.shape)
        yield label, int(row) + box[0].start, int(column) + box[1].start, float(depth.max())


def _draw_bar(axes: Axes, shape: tuple[int, ...], pixel_mm: float, colour: str, halo: str) -> None:
    """The longest round length within a quarter of the picture, at its lower right."""
    from matplotlib.patheffects import withStroke

    height, width = shape
    length = max((mm for mm in BARS_MM if mm / pixel_mm < width / 4), default=BARS_MM[0])
    right, low = width * 0.97, height - width * 0.03
    style: dict[str, Any] = {"path_effects": [withStroke(linewidth=2.6, foreground=halo)]}
    axes.plot([right - length / pixel_mm, right], [low, low], color=colour, linewidth=1.4, **style)
    axes.text(
        right,
        low - width * 0.015,
        f"{length // 10} cm",
        color=colour,
        fontsize=NUMBER_PT,
        ha="right",
        **style,
    )
