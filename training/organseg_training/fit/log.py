"""``log.tsv``: one line of numbers for every interval, for people, spreadsheets and plots."""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from pathlib import Path

from ..config import Config
from ..files import write_text
from ..run_folder import LOG

Entry = dict[str, float | int | None]


def columns(config: Config) -> list[str]:
    """``validation_dice_liver`` is an organ's, ``validation_dice`` the mean of all organs'."""
    organs = [f"validation_{metric}_{organ}" for metric in config.fit.measured for organ in config.organs]
    means = [f"validation_{metric}" for metric in config.fit.measured]
    return [
        "iteration", "rate", "loss", "dice", "validation_loss", *means, *organs, "skipped_samples", "seconds"
    ]  # fmt: skip


def log_entries(run: Path) -> list[Entry]:
    """What a training wrote, oldest first; None where nothing was measured at that iteration.

    Keys are `columns`: ``iteration``, ``rate``, ``loss`` and ``dice`` of the samples learnt from since the
    line before, ``validation_loss``, ``validation_dice``, ``validation_dice_ORGAN``, ``skipped_samples`` and
    ``seconds`` since the beginning.
    """
    path = run / LOG
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return [
            {key: _number(key, text) for key, text in row.items()}
            for row in csv.DictReader(file, delimiter="\t")
        ]


def curve_of(entries: Sequence[Entry], quantity: str) -> list[tuple[float, float]]:
    """(iteration, value) wherever the quantity was measured."""
    points = ((entry["iteration"], entry.get(quantity)) for entry in entries)
    return [(x, y) for x, y in points if x is not None and y is not None]


def begin_log(run: Path, config: Config, iteration: int) -> None:
    """A log that ends at ``iteration``: lines of a session that died after its last checkpoint go."""
    kept = [entry for entry in log_entries(run) if int(entry["iteration"] or 0) <= iteration]
    heading = "\t".join(columns(config)) + "\n"
    write_text(run / LOG, heading + "".join(_line(entry, config) for entry in kept))


def append_entry(run: Path, config: Config, entry: Entry) -> None:
    """Add a line."""
    with (run / LOG).open("a", encoding="utf-8", newline="") as file:
        file.write(_line(entry, config))


def _line(entry: Entry, config: Config) -> str:
    return "\t".join(_text(entry.get(column)) for column in columns(config)) + "\n"


def _text(value: float | int | None) -> str:
    if value is None or math.isnan(value):
        return ""
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _number(key: str, text: str | None) -> float | int | None:
    if not text:
        return None
    return int(text) if key in ("iteration", "skipped_samples") else float(text)
