"""Commands for results that are there already."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..formats import Choices, check_available
from .commands import Anonymous, Formats, Overwrite, app
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
    overwrite: Overwrite = False,
) -> None:
    """Write further formats beside the results of an earlier run."""
    from ..export import add_formats
    from ..results import load_results
    from .tables import show_line

    check_available(formats or ())
    found = load_results(results, study)
    for path in add_formats(results, found, formats or (), overwrite, Choices(not anonymous)).values():
        show_line(f"Written: {path}")
