"""Boxes over folds and lines over shares of the data; colours are matplotlib's own cycle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from ..figures import Curve, add_legend, in_columns, new_figure, save_figure


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
    add_legend(axes)
    save_figure(figure, path)


def draw_lines(path: Path, lines: Mapping[str, Curve], title: str, x: str, y: str) -> None:
    """One line with markers per name."""
    figure = new_figure(6, 4.5)
    axes = figure.add_subplot(title=title, xlabel=x, ylabel=y)
    for name, points in lines.items():
        axes.plot(*in_columns(points), marker="o", label=name)
    add_legend(axes)
    save_figure(figure, path)
