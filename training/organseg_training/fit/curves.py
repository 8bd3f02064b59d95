"""``curves.png``: loss and Dice over iterations, of training and validation."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from .log import Entry

FILE = "curves.png"


def draw_curves(entries: Sequence[Entry], path: Path) -> None:
    """Write the picture, whole or not at all."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 4), layout="constrained")
    for axes, quantity in zip(figure.subplots(1, 2), ("loss", "dice"), strict=True):
        for column, label in ((quantity, "training"), (f"validation_{quantity}", "validation")):
            points = [(e["iteration"], e[column]) for e in entries if e.get(column) is not None]
            if points:
                axes.plot(*zip(*points, strict=True), label=label, marker="." if len(points) < 50 else "")
        axes.set(xlabel="iteration", ylabel=quantity.replace("dice", "Dice"))
        axes.grid(alpha=0.3)
        if axes.has_data():
            axes.legend()
    temporary = path.with_name(f".{path.name}.tmp")
    figure.savefig(temporary, dpi=120, format="png")
    os.replace(temporary, path)
