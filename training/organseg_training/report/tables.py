"""An evaluation as CSV for programs and as Markdown for the model card."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict
from pathlib import Path

from ..files import write_csv
from ..scoring import PARTS, Evaluation, OrganScore, OrganSummary, ScanScore, Spread
from ..strata import STRATA

MOST_COLUMNS = 12  # scans in a table with a column for each


def write_scores(path: Path, evaluation: Evaluation) -> None:
    """Write one row per organ and scan as CSV; where there is no value, ``state`` tells why."""
    about = ("scan", "patient", "part", *(kind.replace(" ", "_") for kind in STRATA))
    rows = (
        [
            scan.name,
            scan.patient,
            scan.part,
            *map(scan.strata.get, STRATA),
            *map(_cell, asdict(organ).values()),
        ]
        for scan in evaluation.scans
        for organ in scan.organs
    )
    write_csv(path, [*about, *asdict(OrganScore("", "absent"))], rows)


def markdown(evaluation: Evaluation) -> str:
    """For each part a table over all scans, and one of each scan's Dice where there are few."""
    settings = evaluation.settings
    about = f"Median [quartiles] (bootstrap interval of {settings.confidence:.0%} over patients)."
    distances = "distances are of the scans where the organ was found."
    pieces = [f"{about} NSD at {settings.tolerance_mm:g} mm; {distances}"]
    for part in evaluation.parts:
        scans = evaluation.of(part)
        patients = len({scan.patient for scan in scans})
        pieces.append(f"**{part}** (scans: {len(scans)}, people: {patients}). {PARTS[part]}")
        pieces.append(markdown_table(*summary_rows(evaluation.summary(part))))
        if len(scans) <= MOST_COLUMNS:
            pieces.append("Dice of each scan (in brackets the mean over its slices):")
            pieces.append(markdown_table(*scan_rows(scans)))
    return "\n\n".join(pieces)


def summary_rows(summaries: Iterable[OrganSummary]) -> tuple[list[str], list[list[str]]]:
    """Heading and rows: how often each organ was found, and its scores."""
    heading = ["organ", "found", "missed", "invented", "Dice", "NSD", "HD95 mm", "ASSD mm", "volume error ml"]
    rows = []
    for summary in summaries:
        states, spreads = summary.states, summary.spreads
        rows.append(
            [
                summary.organ,
                *(str(states.get(state, 0)) for state in ("found", "missed", "false_positive")),
                *(spread(spreads.get(name), 3) for name in ("dice", "nsd")),
                *(spread(spreads.get(name), 1) for name in ("hd95_mm", "assd_mm", "volume_error_ml")),
            ]
        )
    return heading, rows


def scan_rows(scans: Sequence[ScanScore]) -> tuple[list[str], list[list[str]]]:
    """Heading and rows: an organ's Dice in each scan, or in a word why there is none."""
    by_scan = [{score.organ: score for score in scan.organs} for scan in scans]
    rows = [[organ, *(_dice(scores[organ]) for scores in by_scan)] for organ in by_scan[0]]
    return ["organ", *(scan.name for scan in scans)], rows


def markdown_table(
    heading: Sequence[str], rows: Iterable[Sequence[str]], right: Collection[int] | None = None
) -> str:
    """A table in Markdown; the columns ``right`` hold numbers, by default all but the first."""
    right = range(1, len(heading)) if right is None else right
    rule = ["---:" if place in right else "---" for place in range(len(heading))]
    lines = [heading, rule, *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def spread(value: Spread | None, decimals: int) -> str:
    """``0.93 [0.90, 0.95] (0.91 to 0.94)``."""
    if value is None:
        return ""
    text = f"{value.median:.{decimals}f}"
    if value.scans > 1:
        text += f" [{value.quartile_1:.{decimals}f}, {value.quartile_3:.{decimals}f}]"
    if value.low is not None:
        text += f" ({value.low:.{decimals}f} to {value.high:.{decimals}f})"
    return text


def _dice(score: OrganScore) -> str:
    if score.dice is not None:
        return f"{score.dice:.3f} ({score.slice_dice:.3f})"
    return f"invented, {score.predicted_ml:.1f} ml" if score.state == "false_positive" else score.state


def _cell(value: object) -> object:
    return round(value, 5) if isinstance(value, float) else value
