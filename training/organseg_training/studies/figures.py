"""The figures of studies. Colours are matplotlib's own cycle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..files import replacing

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DPI = 120

Curve = Sequence[tuple[float, float]]  # (x, y)


def draw_boxes(path: Path, scores: Mapping[str, Mapping[str, Sequence[float]]], title: str) -> None:
    """Dice of each organ as a box over all folds, with a dot for each scan in its fold's colour.

    Args:
        scores: organ -> fold -> Dice of its scans.
    """
    figure = new_figure(max(4.0, 0.7 * len(scores) + 2), 4.5)
    axes = figure.add_subplot(title=title, ylabel="Dice", ylim=(-0.02, 1.02))
    values = [[value for fold in folds.values() for value in fold] for folds in scores.values()]
    axes.boxplot(values, showfliers=False, medianprops={"color": "black"})
    names = list(dict.fromkeys(fold for folds in scores.values() for fold in folds))
    for place, name in enumerate(names):
        dots = [(n, value) for n, folds in enumerate(scores.values(), 1) for value in folds.get(name, ())]
        shift = (place - (len(names) - 1) / 2) * 0.5 / len(names)
        axes.scatter([x + shift for x, _ in dots], [y for _, y in dots], s=14, label=f"fold {name}")
    axes.set_xticks(range(1, len(scores) + 1), list(scores), rotation=45, ha="right")
    _legend(axes)
    save(figure, path)


def draw_lines(path: Path, lines: Mapping[str, Curve], title: str, x: str, y: str) -> None:
    """One line with markers per name."""
    figure = new_figure(6, 4.5)
    axes = figure.add_subplot(title=title, xlabel=x, ylabel=y)
    for name, points in lines.items():
        axes.plot(*_xy(points), marker="o", label=name)
    _legend(axes)
    save(figure, path)


def draw_curves(path: Path, panels: Mapping[str, Mapping[str, Curve]], x: str = "iteration") -> None:
    """Panels side by side (title -> name -> curve); a name has the same colour in each."""
    figure = new_figure(5 * len(panels), 4.5)
    names = list(dict.fromkeys(name for curves in panels.values() for name in curves))
    for place, (title, curves) in enumerate(panels.items(), 1):
        axes = figure.add_subplot(1, len(panels), place, title=title, xlabel=x)
        for name, points in curves.items():
            axes.plot(*_xy(points), color=f"C{names.index(name) % 10}", label=name, linewidth=1)
        _legend(axes)
    save(figure, path)


def save(figure: Figure, path: Path) -> None:
    """Write a PNG file, whole or not at all."""
    with replacing(path) as temporary:
        figure.savefig(temporary, format="png", dpi=DPI)


def new_figure(width: float, height: float) -> Figure:
    """An empty figure; sizes in inches."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def _xy(points: Curve) -> tuple[list[float], list[float]]:
    return [x for x, _ in points], [y for _, y in points]


def _legend(axes: Axes) -> None:
    axes.grid(alpha=0.3)
    if axes.get_legend_handles_labels()[0]:
        axes.legend(fontsize=8)
