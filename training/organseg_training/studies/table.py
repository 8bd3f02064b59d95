"""The result of a study as a table: CSV and JSON for programs, Markdown for papers, rich for the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from OrganSegLib.cli.tables import show_table

from ..files import write_csv, write_json, write_text
from ..report.tables import markdown_table

Row = dict[str, Any]  # column -> text or number; None where there is no value; all rows have the same columns


@dataclass(frozen=True)
class Result:
    """What a study found so far.

    Attributes:
        rows: its table.
        left: how many trainings other workers are still at; each writes table and figures anew at its end.
    """

    rows: list[Row]
    left: int


def write_table(path: Path, rows: Sequence[Row]) -> None:
    """Write rows to ``path`` with the endings ``.csv``, ``.json`` and ``.md``, each whole or not at all."""
    write_csv(path.with_suffix(".csv"), _columns(rows), (row.values() for row in rows))
    write_json(path.with_suffix(".json"), list(rows))
    write_text(path.with_suffix(".md"), markdown_table(_columns(rows), _cells(rows), _numbers(rows)) + "\n")


def show(rows: Sequence[Row]) -> None:
    """Rows as a table on the terminal."""
    show_table(_columns(rows), _cells(rows), _numbers(rows))


def shown(value: Any) -> str:
    """A cell for people."""
    if value is None:
        return ""
    if not isinstance(value, float):
        return str(value)
    return f"{value:.3f}" if value == 0 or abs(value) >= 0.001 else f"{value:.2e}"


def _columns(rows: Sequence[Row]) -> list[str]:
    return list(rows[0]) if rows else []


def _cells(rows: Sequence[Row]) -> list[list[str]]:
    return [[shown(value) for value in row.values()] for row in rows]


def _numbers(rows: Sequence[Row]) -> list[int]:
    """Places of the columns that hold numbers alone."""
    places = []
    for place, column in enumerate(_columns(rows)):
        values = [row[column] for row in rows if row[column] is not None]
        if values and all(isinstance(value, int | float) for value in values):
            places.append(place)
    return places
