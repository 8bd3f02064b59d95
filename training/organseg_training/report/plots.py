"""Plots of an evaluation as SVG, to be put into a page."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..figures import new_figure
from ..scoring import OrganScore, ScanScore

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLUMNS = 4
LIMITS_SD = 1.96  # Bland and Altman's limits of agreement


def box_plot(scans: Sequence[ScanScore], score: str, title: str) -> str:
    """A box and every scan's point for each organ that has the score; a missed organ is a cross."""
    by_organ = {organ: _with(scores, score) for organ, scores in _by_organ(scans).items()}
    by_organ = {organ: scores for organ, scores in by_organ.items() if scores}
    figure = new_figure(9, 1.2 + 0.32 * max(1, len(by_organ)))
    axes = figure.subplots()
    values = [[getattr(s, score) for s in scores] for scores in by_organ.values()]
    if values:
        axes.boxplot(values, orientation="horizontal", tick_labels=[*by_organ], showfliers=False)
    for place, scores in enumerate(by_organ.values(), 1):
        spread = np.linspace(-0.15, 0.15, len(scores)) if len(scores) > 1 else [0.0]
        for offset, organ in zip(spread, scores, strict=True):
            marker = "x" if organ.state == "missed" else "o"
            axes.plot(getattr(organ, score), place + offset, marker, color="C0", markersize=4, alpha=0.7)
    axes.invert_yaxis()
    axes.grid(axis="x", alpha=0.3)
    axes.set_title(title)
    return as_svg(figure)


def bland_altman(scans: Sequence[ScanScore]) -> str:
    """Volumes: result less truth over their mean, with the mean difference and its limits of agreement.

    Source: Bland and Altman, Lancet 1986, doi:10.1016/S0140-6736(86)90837-8.
    """
    by_organ = {organ: _with(scores, "volume_error_ml") for organ, scores in _by_organ(scans).items()}
    by_organ = {organ: scores for organ, scores in by_organ.items() if scores}
    rows = -(-len(by_organ) // COLUMNS) or 1
    figure = new_figure(11, 2.4 * rows)
    cells = figure.subplots(rows, COLUMNS, squeeze=False).ravel()
    for cell in cells[len(by_organ) :]:
        cell.set_axis_off()
    for cell, (organ, scores) in zip(cells, by_organ.items(), strict=False):
        _draw_agreement(cell, organ, scores)
    figure.supxlabel("mean of truth and result, ml", fontsize=10)
    figure.supylabel("result less truth, ml", fontsize=10)
    return as_svg(figure)


def as_svg(figure: Figure) -> str:
    """The figure as a data URI."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None})
    return "data:image/svg+xml;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")


def _draw_agreement(axes: Axes, organ: str, scores: list[OrganScore]) -> None:
    errors = np.array([score.volume_error_ml for score in scores], float)
    truth = np.array([score.truth_ml for score in scores], float)
    axes.plot(truth + errors / 2, errors, "o", markersize=4, alpha=0.7)
    axes.axhline(0, color="grey", linewidth=0.6)
    axes.axhline(errors.mean(), color="C0", linewidth=1)
    if len(errors) > 1:
        for sign in (-1, 1):
            limit = errors.mean() + sign * LIMITS_SD * errors.std(ddof=1)
            axes.axhline(limit, color="C0", linewidth=0.8, linestyle="--")
    axes.set_title(organ, fontsize=9)
    axes.tick_params(labelsize=7)


def _by_organ(scans: Sequence[ScanScore]) -> dict[str, list[OrganScore]]:
    by_organ: dict[str, list[OrganScore]] = {}
    for scan in scans:
        for score in scan.organs:
            by_organ.setdefault(score.organ, []).append(score)
    return by_organ


def _with(scores: list[OrganScore], name: str) -> list[OrganScore]:
    return [score for score in scores if getattr(score, name) is not None]
