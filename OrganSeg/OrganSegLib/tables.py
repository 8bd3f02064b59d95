"""Measurements as files: one row per organ in CSV, the same with the story of the run in JSON."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .measure import OrganMeasurements
from .quality import OrganTrust

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

NOTICE = "Research software, not a medical device."
# As many decimals as mean something.
DECIMALS = {
    **dict.fromkeys(("volume_ml", "surface_volume_ml", "left_ml", "right_ml", "ratio"), 3),
    **dict.fromkeys(("sphericity", "elongation", "flatness"), 4),
    "extent_axes": 5,
    "surface_area_mm2": 1,
    "percent": 1,
}
OTHER_DECIMALS = 2  # Hounsfield units and millimetres


def write_csv(path: Path, measurements: Sequence[OrganMeasurements], trust: Sequence[OrganTrust]) -> None:
    """Write one row per organ; the first column is its name, an empty cell says that there is no value.

    Positions are split into the patient axes of LPS: ``l`` grows to the left, ``p`` to the back, ``s`` to the
    head. Numbers carry a decimal point whatever the language of the computer. The last columns are the flags
    and their sentences.
    """
    rows = [_row(*organ) for organ in zip(measurements, trust, strict=True)]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(_row(OrganMeasurements("", 0), OrganTrust("", 0)))
        writer.writerows(row.values() for row in rows)


def write_json(
    path: Path,
    measurements: Sequence[OrganMeasurements],
    trust: Sequence[OrganTrust],
    run_info: Mapping[str, Any],
) -> None:
    """Write the notice, the run and the organs; ``run_info`` holds JSON-ready values and no patient data."""
    content = {
        "notice": NOTICE,
        "coordinates": "LPS millimetres",
        "run": dict(run_info),
        "organs": [
            {**rounded(organ), "trust": asdict(judged)}
            for organ, judged in zip(measurements, trust, strict=True)
        ],
    }
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def rounded(found: DataclassInstance) -> dict[str, Any]:
    """Measurements as plain values, in the order of the fields, with sensible decimals."""
    values = asdict(found).items()
    return {field: _round(value, DECIMALS.get(field, OTHER_DECIMALS)) for field, value in values}


def volume_text(organ: OrganMeasurements) -> str:
    """``5.7 ml``, ``1,018 ml``; ``≥ 188 ml`` where the scan cuts the organ off."""
    if organ.status == "absent":
        return "not found"
    size = f"{organ.volume_ml:.1f} ml" if organ.volume_ml < 10 else f"{organ.volume_ml:,.0f} ml"
    return f"≥ {size}" if organ.truncated else size


def _round(value: Any, decimals: int) -> Any:
    if isinstance(value, tuple):
        return [_round(part, decimals) for part in value]
    return round(value, decimals) if isinstance(value, float) else value


def _row(organ: OrganMeasurements, trust: OrganTrust) -> dict[str, Any]:
    sentences = " ".join(flag.sentence for flag in trust.flags)
    return {**_flat(rounded(organ)), "flags": " ".join(trust.codes), "remarks": sentences}


def _flat(organ: dict[str, Any]) -> dict[str, Any]:
    """One value per column: points become three of them, the index extent is left out."""
    low, high = organ.pop("bounds_mm") or ([None] * 3, [None] * 3)
    centroid = organ.pop("centroid_mm") or [None] * 3
    del organ["extent"]
    for place, axis in enumerate("lps"):
        organ |= {f"{axis}_min_mm": low[place], f"{axis}_max_mm": high[place]}
    for place, axis in enumerate("lps"):
        organ[f"centroid_{axis}_mm"] = centroid[place]
    return organ
