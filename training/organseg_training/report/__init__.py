"""An evaluation as files to read: CSV, JSON, Markdown and one HTML page that needs nothing beside it."""

from __future__ import annotations

import base64
from pathlib import Path

from ..files import write_text
from ..scoring import PARTS, Evaluation
from .tables import markdown, scan_rows, spread, summary_rows, write_scores

__all__ = ["markdown", "write_report"]

WORST = 6  # scans that are shown
STATES = {
    "missed": "in the truth, not found",
    "false_positive": "found, not in the truth",
    "absent": "in neither",
    "sliver": "too little in the truth to be scored",
    "unlabelled": "the labels do not tell of it: absent, outside of the field of view or not drawn",
}


def write_report(evaluation: Evaluation, folder: Path) -> None:
    """Write ``evaluation.json``, ``.csv``, ``.md`` and ``.html``.

    Args:
        folder: its ``pictures/NAME.png`` are shown for the worst scans, where there are any.
    """
    evaluation.save(folder)
    write_scores(folder / "evaluation.csv", evaluation)
    write_text(folder / "evaluation.md", markdown(evaluation) + "\n")
    write_text(folder / "evaluation.html", _page(evaluation, folder / "pictures"))


def _page(evaluation: Evaluation, pictures: Path) -> str:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    from .plots import bland_altman, box_plot

    environment = Environment(
        loader=PackageLoader("organseg_training", "report"), autoescape=True, undefined=StrictUndefined
    )
    parts = []
    for part in evaluation.parts:
        scans, summary = evaluation.of(part), evaluation.summary(part)
        parts.append(
            {
                "name": part,
                "meaning": PARTS[part],
                "scans": len(scans),
                "patients": len({scan.patient for scan in scans}),
                "summary": summary_rows(summary),
                "each": scan_rows(scans),
                "states": [(s.organ, s.states) for s in summary],
                "invented": [(s.organ, spread(s.spreads.get("false_positive_ml"), 1)) for s in summary],
                "plots": [
                    box_plot(scans, "dice", "Dice"),
                    box_plot(scans, "nsd", f"NSD at {evaluation.settings.tolerance_mm:g} mm"),
                    box_plot(scans, "hd95_mm", "HD95, mm"),
                    bland_altman(scans),
                ],
                "strata": [(kind, value, summary_rows(s)) for kind, value, s in evaluation.strata(part)],
            }
        )
    worst = [(scan, dice, _embedded(pictures / f"{scan.name}.png")) for scan, dice in evaluation.worst(WORST)]
    page = environment.get_template("evaluation.html")
    return page.render(evaluation=evaluation, parts=parts, worst=worst, states=STATES)


def _embedded(picture: Path) -> str | None:
    if not picture.exists():
        return None
    return "data:image/png;base64," + base64.b64encode(picture.read_bytes()).decode("ascii")
