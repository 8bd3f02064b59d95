"""Figures of matplotlib, without its global state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .files import replacing

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DPI = 120
FEW_POINTS = 50  # of a curve, each of which gets a marker

Curve = Sequence[tuple[float, float]]  # (x, y)


def new_figure(width: float, height: float, **style: Any) -> Figure:
    """An empty figure whose parts never overlap; sizes in inches."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained", **style)


def save_figure(figure: Figure, path: Path, **options: Any) -> None:
    """Write a PNG file, whole or not at all; ``options`` as of matplotlib's ``savefig``."""
    with replacing(path) as temporary:
        figure.savefig(temporary, format="png", **{"dpi": DPI, **options})


def draw_curves(path: Path, panels: Mapping[str, Mapping[str, Curve]], x: str = "iteration") -> None:
    """Panels side by side (title -> name -> curve) as PNG; a name has the same colour in each."""
    figure = new_figure(5 * len(panels), 4.5)
    names = list(dict.fromkeys(name for curves in panels.values() for name in curves))
    for place, (title, curves) in enumerate(panels.items(), 1):
        axes = figure.add_subplot(1, len(panels), place, title=title, xlabel=x)
        for name, points in curves.items():
            marker = "." if len(points) < FEW_POINTS else ""
            colour = f"C{names.index(name) % 10}"
            axes.plot(*in_columns(points), color=colour, label=name, linewidth=1, marker=marker)
        add_legend(axes)
    save_figure(figure, path)


def in_columns(points: Curve) -> tuple[list[float], list[float]]:
    """All x, all y."""
    return [x for x, _ in points], [y for _, y in points]


def add_legend(axes: Axes) -> None:
    """A faint grid, and names where anything is drawn."""
    axes.grid(alpha=0.3)
    if axes.get_legend_handles_labels()[0]:
        axes.legend(fontsize=8)
