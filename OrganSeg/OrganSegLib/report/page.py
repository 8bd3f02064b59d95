"""The report as one HTML page that loads nothing."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from ..tables import NOTICE
from .content import WIDTH_MM, Picture, Report


def write_html(path: Path, report: Report) -> None:
    """Write ``report`` as a page; pictures are inside, every text is escaped."""
    environment = Environment(
        loader=PackageLoader("OrganSegLib.report", ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    environment.filters |= {"embedded": _embedded, "share": _share}
    page = environment.get_template("report.html").render(report=report, notice=NOTICE)
    path.write_text(page, encoding="utf-8")


def _embedded(picture: Picture) -> str:
    return "data:image/png;base64," + b64encode(picture.png).decode("ascii")


def _share(picture: Picture) -> str:
    """Of the line's width, in percent."""
    return f"{100 * picture.width_mm / WIDTH_MM:.2f}%"
