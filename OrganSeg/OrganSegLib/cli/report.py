"""The command that writes a report."""

from __future__ import annotations

from ..formats import Choices, check_available
from .answered import answered
from .commands import Anonymous, app
from .failures import EXIT_CODES
from .later import Results, StudyNow


@app.command(epilog=EXIT_CODES)
def report(results: Results, study: StudyNow = None, anonymous: Anonymous = False) -> None:
    """Write a report as HTML and PDF beside the results; an earlier report is replaced."""
    from ..export import add_formats
    from ..results import load_results
    from .tables import show_line

    check_available(["report"])
    found = answered(results, lambda: load_results(results, study))
    choices = Choices(identity=not anonymous)
    for path in add_formats(results, found, ["report"], overwrite=True, choices=choices).values():
        show_line(f"Report: {path}")
