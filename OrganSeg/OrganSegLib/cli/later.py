"""Commands for results that are there already."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..formats import Choices, check_available
from .answered import answered
from .commands import Anonymous, Decimate, Formats, Overwrite, Smoothing, app
from .failures import EXIT_CODES

Results = Annotated[Path, typer.Argument(metavar="RESULTS", help="Folder that organseg segment wrote.")]
StudyNow = Annotated[
    Path | None, typer.Option("--study", metavar="STUDY", help="Where the study lies now, if it was moved.")
]


@app.command(epilog=EXIT_CODES)
def export(
    results: Results,
    formats: Formats,
    study: StudyNow = None,
    anonymous: Anonymous = False,
    decimate: Decimate = 0.0,
    smoothing: Smoothing = None,
    overwrite: Overwrite = False,
) -> None:
    """Write further formats beside the results of an earlier run."""
    from ..export import add_formats
    from ..results import load_results
    from .tables import show_line

    names = tuple(formats or ())
    check_available(names)
    found = answered(results, lambda: load_results(results, study))
    known = len(found.run.get("notes", []))
    written = add_formats(results, found, names, overwrite, Choices(not anonymous, decimate, smoothing))
    for note in found.run.get("notes", [])[known:]:
        show_line(f"Note: {note['sentence']}")
    for path in written.values():
        show_line(f"Written: {path}")
