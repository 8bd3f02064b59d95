"""The report: one HTML page and one PDF with all that a surgeon takes away, and nothing beside them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..formats import Choices
    from ..pipeline import Segmentation

HTML, PDF = "report.html", "report.pdf"


def write(found: Segmentation, folder: Path, choices: Choices) -> list[str]:
    """Write ``report.html`` and ``report.pdf``.

    Args:
        found: what to report.
        folder: to write into. As for every format it is a hidden one inside the result folder, where
            distances that were measured earlier lie.
        choices: whether the patient may be named.
    """
    from .document import write_pdf
    from .gather import gather
    from .page import write_html

    report = gather(found, folder.parent, choices)
    write_html(folder / HTML, report)
    write_pdf(folder / PDF, report)
    return [HTML, PDF]
