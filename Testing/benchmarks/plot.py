"""The benchmark's results as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .report import TARGETS, network_title


def draw(rows: Sequence[dict[str, Any]], networks: Sequence[dict[str, Any]], path: Path) -> None:
    """Medians of time, with fastest and slowest turn, and of memory; the networks' shares, with targets.

    Args:
        rows: from `report.summary`; who did not run is left out.
        networks: from `peak.main`.
        path: a PNG file.
    """
    rows = [row for row in rows if "wall_s" in row]
    figure = Figure((10, 2 + 0.35 * (2 * len(rows) + len(networks))), layout="constrained")
    times, memory, shares = figure.subplots(3, height_ratios=[len(rows) + 1] * 2 + [len(networks) + 1])
    titles = [row["title"] for row in rows]
    _bars(times, titles, rows, "wall_s", "Wall time, s: median, fastest and slowest turn")
    for place, row in enumerate(rows):
        times.plot([row["fastest_s"], row["slowest_s"]], [place, place], "|-", color="black")
    _bars(memory, titles, rows, "peak_rss_gb", "Peak resident memory, GB: median")
    titles = [f"{network_title(row)}, {row['precision']}" for row in networks]
    _bars(shares, titles, networks, "share", "Network alone: share of the matrix product's rate; | target")
    targets = [TARGETS[row["precision"]] for row in networks]
    shares.plot(targets, range(len(targets)), "|", color="black", markersize=14)
    figure.savefig(path, dpi=150)


def _bars(axes: Axes, titles: list[str], rows: Sequence[dict[str, Any]], name: str, heading: str) -> None:
    labels = [f"{title}: {row[name]:.3g}" for title, row in zip(titles, rows, strict=True)]
    places = range(len(rows))
    axes.barh(places, [row[name] for row in rows])
    axes.set_yticks(places, labels)
    axes.invert_yaxis()
    axes.set_title(heading, fontsize=10, loc="left")
