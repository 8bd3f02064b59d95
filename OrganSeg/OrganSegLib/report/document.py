"""The report as a PDF: the same sections as the page, set for A4."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import zip_longest
from pathlib import Path
from typing import Any

from reportlab import rl_config
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import CondPageBreak, Flowable, HRFlowable, SimpleDocTemplate, Table

from ..tables import NOTICE
from .blocks import flow, lead
from .content import Heading, Report
from .styles import ALL, BOLD, FLUSH, INK, LINE, QUIET, REGULAR, paragraph, register_fonts

TITLE = "OrganSeg report"
SIDE, TOP, BOTTOM = 15 * mm, 16 * mm, 14 * mm
PAD = 6  # points that reportlab leaves free inside a page's margins
LEAST, LEAST_OF_PART = 45 * mm, 15 * mm  # of what stays with its title or heading
TITLE_HEIGHT, HEADING_HEIGHT = 14 * mm, 9 * mm


def write_pdf(path: Path, report: Report) -> None:
    """Write ``report``. Notice, patient and page number stand on every page."""
    register_fonts()
    rl_config.useA85 = 0  # bytes as they are: pictures as letters take seconds, and no reader needs them
    margins = {"leftMargin": SIDE - PAD, "rightMargin": SIDE - PAD, "topMargin": TOP, "bottomMargin": BOTTOM}
    about = {"title": TITLE, "author": "OrganSeg", "subject": NOTICE, "lang": "en"}
    document = SimpleDocTemplate(str(path), pagesize=A4, **margins, **about)
    document.build(list(_story(report)), canvasmaker=partial(_Pages, patient=report.patient))


class _Pages(Canvas):  # type: ignore[misc]  # reportlab is not typed
    """Holds pages back until it is known how many there are, then adds what stands on each."""

    def __init__(self, *args: Any, patient: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self._patient = patient
        self._held: list[dict[str, Any]] = []

    def showPage(self) -> None:  # noqa: N802 (reportlab's name)
        self._held.append(dict(self.__dict__))
        self._startPage()

    def save(self) -> None:
        for page in self._held:
            self.__dict__.update(page)
            self._draw_edges(len(self._held))
            super().showPage()
        super().save()

    def _draw_edges(self, pages: int) -> None:
        width, height = A4
        head, foot = height - 13 * mm, 12 * mm
        self.setStrokeColor(HexColor(LINE))
        self.line(SIDE, head, width - SIDE, head)
        self.line(SIDE, foot, width - SIDE, foot)
        self.setFillColor(HexColor(QUIET))
        self.setFont(REGULAR, 7.5)
        self.drawString(SIDE, head + 2 * mm, TITLE)
        self.drawRightString(width - SIDE, head + 2 * mm, self._patient)
        self.drawRightString(width - SIDE, foot - 4 * mm, f"{self._pageNumber} / {pages}")
        self.setFillColor(HexColor(INK))
        self.setFont(BOLD, 8)
        self.drawString(SIDE, foot - 4 * mm, NOTICE)


def _story(report: Report) -> Iterator[Flowable]:
    title = [paragraph(TITLE, "title"), paragraph(f"made {report.made}", "made")]
    yield Table([title], ["*", "*"], style=[*FLUSH, ("VALIGN", *ALL, "BOTTOM")])
    notice = paragraph(f"{NOTICE} Look at every result before you use it for anything.", "notice")
    yield Table([[notice]], ["*"], style=[("BOX", *ALL, 1, HexColor(INK))], spaceBefore=6, spaceAfter=6)
    columns = [[paragraph(facts.title, "section"), *flow(facts)] for facts in report.facts]
    yield Table(
        [columns], [f"{100 / len(columns)}%"] * len(columns), style=[*FLUSH, ("RIGHTPADDING", *ALL, 4 * mm)]
    )
    for section in report.sections:
        yield CondPageBreak(max(LEAST, TITLE_HEIGHT + lead(next(iter(section.blocks), None))))
        yield paragraph(section.title, "section")
        yield HRFlowable("100%", 0.6, color=HexColor(LINE), spaceBefore=0, spaceAfter=4)
        for block, following in zip_longest(section.blocks, section.blocks[1:]):
            if isinstance(block, Heading):
                yield CondPageBreak(max(LEAST_OF_PART, HEADING_HEIGHT + lead(following)))
            yield from flow(block)
