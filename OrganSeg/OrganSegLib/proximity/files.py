"""The proximity table in a result folder: ``proximity.csv`` for people, ``proximity.json`` for programs."""

from __future__ import annotations

import csv
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..bounds import cell, read_json
from ..errors import InputError
from ..tables import NOTICE
from .kinds import OrganProximity, Proximity
from .vicinity import CONTACT_MM

CSV_NAME, JSON_NAME = "proximity.csv", "proximity.json"
FILES = (CSV_NAME, JSON_NAME)
DECIMALS = {"volume_ml": 3, "overlap_ml": 3, "inside_ml": 3, "remaining_ml": 3}
OTHER_DECIMALS = 2


def write_proximity(folder: Path, found: Proximity) -> list[Path]:
    """Write ``proximity.csv`` and ``proximity.json`` into a result folder, in place of an earlier table.

    Raises:
        OutputError: ``output.not_writable``; the earlier table stays then.
    """
    from ..export import written_aside

    with written_aside(folder) as aside:
        _write_csv(aside / CSV_NAME, found)
        _write_json(aside / JSON_NAME, found)
    return [folder / name for name in FILES]


def read_proximity(folder: Path) -> Proximity | None:
    """The table that `write_proximity` left in ``folder``, None where there is none.

    Raises:
        InputError: ``input.damaged_proximity``.
    """
    path = folder / JSON_NAME
    if not path.exists():
        return None
    try:
        return Proximity.from_dict(read_json(path))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            "input.damaged_proximity",
            f"The proximity table '{path}' is damaged.",
            "Make it again: organseg proximity.",
        ) from error


def _write_csv(path: Path, found: Proximity) -> None:
    """One row per organ, nearest first; an empty cell says that there is no value. Positions are LPS."""
    rows = [_row(organ) for organ in found.nearest_first]
    header = dict.fromkeys(column for row in rows for column in row)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ["target", *header])
        writer.writeheader()
        writer.writerows({"target": cell(found.target), **row} for row in rows)


def _write_json(path: Path, found: Proximity) -> None:
    content = {
        "notice": NOTICE,
        "coordinates": "LPS millimetres",
        "contact_within_mm": CONTACT_MM,
        **_rounded(asdict(found)),
    }
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _row(organ: OrganProximity) -> dict[str, Any]:
    """One value per column: points become three, and so do margins, named by their radius."""
    row: dict[str, Any] = _rounded(asdict(organ))
    margins = row.pop("margins")
    for place in ("on_target", "on_organ"):
        point = row.pop(place) or [None] * 3
        row |= {f"{place}_{axis}_mm": at for axis, at in zip("lps", point, strict=True)}
    row["grade"] = organ.grade
    for margin in margins:
        radius = f"{margin.pop('mm'):g}mm"
        row |= {f"{column}_{radius}": value for column, value in margin.items()}
    return row


def _rounded(value: Any, decimals: int = OTHER_DECIMALS) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(part, DECIMALS.get(key, OTHER_DECIMALS)) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_rounded(part, decimals) for part in value]
    return round(value, decimals) if isinstance(value, float) else value
