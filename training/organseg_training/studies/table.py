"""The result of a study as a table: CSV and JSON for programs, Markdown for papers, rich for the terminal."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ..files import replacing

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
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]) if rows else [], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    texts = {".csv": text.getvalue(), ".json": json.dumps(list(rows), indent=1) + "\n", ".md": markdown(rows)}
    for ending, content in texts.items():
        with replacing(path.with_suffix(ending)) as temporary:
            temporary.write_text(content, encoding="utf-8")


def markdown(rows: Sequence[Row]) -> str:
    """Rows as a Markdown table; numbers have three decimals and stand to the right."""
    if not rows:
        return ""
    columns = list(rows[0])
    rule = ["---:" if _is_number(rows, column) else "---" for column in columns]
    lines = [columns, rule, *([shown(row[column]) for column in columns] for row in rows)]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


def show(rows: Sequence[Row]) -> None:
    """Rows as a table on the terminal."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(box=box.SIMPLE, pad_edge=False, collapse_padding=True)
    for place, column in enumerate(rows[0] if rows else ()):
        justify: Literal["left", "right"] = "right" if _is_number(rows, column) else "left"
        table.add_column(column, justify=justify, overflow="fold", no_wrap=place == 0)
    for row in rows:
        table.add_row(*(shown(value) for value in row.values()))
    Console(markup=False, highlight=False).print(table)


def shown(value: Any) -> str:
    """A cell for people."""
    if value is None:
        return ""
    if not isinstance(value, float):
        return str(value)
    return f"{value:.3f}" if value == 0 or abs(value) >= 0.001 else f"{value:.2e}"


def _is_number(rows: Sequence[Row], column: str) -> bool:
    values = [row[column] for row in rows if row[column] is not None]
    return bool(values) and all(isinstance(value, int | float) for value in values)
