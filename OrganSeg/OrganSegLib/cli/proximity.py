"""``organseg proximity``: how far a target is from the organs of earlier results."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from .answered import answered
from .commands import app
from .failures import EXIT_CODES
from .later import Results

if TYPE_CHECKING:
    from ..proximity import OrganProximity, Proximity

TargetName = Annotated[
    str,
    typer.Option(
        "--target",
        metavar="FILE|ORGAN|L,P,S",
        help="A mask (NIfTI, NRRD, MetaImage), an organ of the results, or a position in LPS millimetres.",
    ),
]
Segment = Annotated[
    str | None, typer.Option(metavar="NAME", help="Which segment of FILE, where it holds several.")
]
Radius = Annotated[float, typer.Option(metavar="MM", min=0.0, help="Of the ball around L,P,S.")]
Margins = Annotated[
    list[float] | None,
    typer.Option("--margin", metavar="MM", min=0.0, help="Safety margin. May be repeated. [default: 5, 10]"),
]


@app.command(epilog=EXIT_CODES)
def proximity(
    results: Results,
    target: TargetName,
    segment: Segment = None,
    radius: Radius = 0.0,
    margins: Margins = None,
) -> None:
    """Measure how far a lesion is from every organ, and what safety margins take of it.

    The table of an earlier target is replaced.
    """
    from ..proximity import MARGINS_MM, find_target, measure_proximity, write_proximity
    from ..results import read_results
    from ..tables import NOTICE
    from .tables import show_line

    labelmap, _ = answered(results, lambda: read_results(results))
    chosen = answered(target, lambda: find_target(target, labelmap, radius, segment))
    found = measure_proximity(labelmap, chosen, margins or MARGINS_MM)
    paths = write_proximity(results, found)
    _show(found)
    for path in paths:
        show_line(f"Written: {path}")
    show_line(NOTICE)


def _show(found: Proximity) -> None:
    from .tables import show_line, show_table

    show_line(f"Target: {found.target}, {found.target_ml:.1f} ml")
    present = [organ for organ in found.nearest_first if organ.status != "absent"]
    header = ("Organ", "Distance mm", "Mean mm", "Contact mm²", "Encased")
    show_table(header, [_row(organ) for organ in present], right=range(1, len(header)))
    reached = [organ for organ in present if any(margin.inside_ml for margin in organ.margins)]
    if reached:
        titles = ("Organ", *(f"{what} {mm:g} mm" for mm in found.margins_mm for what in ("In", "Beyond")))
        show_table(titles, [_margins(organ) for organ in reached], right=range(1, len(titles)))
    show_line(f"Voxels of this size tell distances to {found.within_mm:.1f} mm.")
    for organ in present:
        leaving = [f"{margin.mm:g}" for margin in organ.margins if margin.leaves]
        if organ.status == "overlapping" and leaving:
            show_line(f"Margins that reach out of {organ.name}: {', '.join(leaving)} mm.")
    absent = [organ.name for organ in found.organs if organ.status == "absent"]
    if absent:
        show_line(f"Not found in this scan: {', '.join(absent)}.")


def _row(organ: OrganProximity) -> list[str]:
    """How near an organ is, as text."""
    row = [organ.name, *(f"{value:.1f}" for value in (organ.distance_mm, organ.mean_distance_mm))]
    row += [f"{organ.contact_mm2:.0f}"]
    return [*row, "" if organ.encasement_deg is None else f"{organ.encasement_deg:.0f}° {organ.grade}"]


def _margins(organ: OrganProximity) -> list[str]:
    """What lies in each margin, and what beyond it."""
    row = [organ.name]
    for margin in organ.margins:
        row += [
            f"{margin.inside_ml:.1f} ml",
            f"{margin.remaining_ml:.1f} ml, {margin.remaining_percent:.0f} %",
        ]
    return row
