"""The PDF's letters and colours. DejaVu Sans comes with matplotlib and has the letters of most of Europe."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import matplotlib
from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_CENTER, TA_RIGHT
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Paragraph

REGULAR, BOLD = "DejaVuSans", "DejaVuSans-Bold"
INK, QUIET, LINE, ACCENT = "#1b2530", "#5a6775", "#d5dce4", "#12617a"
INKS = {"note": "#7a4f00", "warning": "#a3161a"}
TINTS = {"note": "#fff5dc", "warning": "#fdeaea"}

ALL, HEADER = ((0, 0), (-1, -1)), ((0, 0), (-1, 0))  # cells

Style = list[tuple[Any, ...]]
FLUSH: Style = [
    ("LEFTPADDING", *ALL, 0),
    ("RIGHTPADDING", *ALL, 0),
    ("TOPPADDING", *ALL, 1),
    ("BOTTOMPADDING", *ALL, 1),
    ("VALIGN", *ALL, "TOP"),
]
GRID: Style = [
    ("LEFTPADDING", *ALL, 4),
    ("RIGHTPADDING", *ALL, 4),
    ("TOPPADDING", *ALL, 2),
    ("BOTTOMPADDING", *ALL, 2.5),
    ("VALIGN", *ALL, "TOP"),
    ("VALIGN", *HEADER, "BOTTOM"),
    ("LINEBELOW", *ALL, 0.4, HexColor(LINE)),
    ("LINEBELOW", *HEADER, 0.9, HexColor(INK)),
]


@cache
def register_fonts() -> None:
    """Make the letters known to reportlab, which embeds those that a document uses."""
    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    for font in (REGULAR, BOLD):
        pdfmetrics.registerFont(TTFont(font, folder / f"{font}.ttf"))
    pdfmetrics.registerFontFamily(REGULAR, normal=REGULAR, bold=BOLD, italic=REGULAR, boldItalic=BOLD)


def _styles() -> dict[str, ParagraphStyle]:
    text = ParagraphStyle(
        "text", fontName=REGULAR, fontSize=8, leading=11.2, textColor=HexColor(INK), spaceAfter=4
    )
    cell = ParagraphStyle("cell", text, fontSize=7.2, leading=9.4, spaceAfter=0)
    bold: dict[str, Any] = {"fontName": BOLD}
    quiet: dict[str, Any] = {"textColor": HexColor(QUIET)}
    return {
        "title": ParagraphStyle("title", text, **bold, fontSize=16, leading=19),
        "made": ParagraphStyle("made", cell, **quiet, alignment=TA_RIGHT),
        "notice": ParagraphStyle("notice", text, **bold, spaceAfter=0),
        "section": ParagraphStyle(
            "section",
            text,
            **bold,
            textColor=HexColor(ACCENT),
            fontSize=11,
            leading=14,
            spaceBefore=8,
            spaceAfter=2,
        ),
        "heading": ParagraphStyle("heading", text, **bold, fontSize=8.4, spaceBefore=5, spaceAfter=3),
        "text": text,
        "bullet": ParagraphStyle("bullet", text, leftIndent=10, bulletIndent=1, spaceAfter=2),
        "cell": cell,
        "quiet": ParagraphStyle("quiet", cell, **quiet),
        "number": ParagraphStyle("number", cell, alignment=TA_RIGHT),
        "head": ParagraphStyle("head", cell, **bold),
        "number head": ParagraphStyle("number head", cell, **bold, alignment=TA_RIGHT),
        "caption": ParagraphStyle("caption", cell, **quiet, fontSize=6.6, alignment=TA_CENTER, spaceBefore=2),
    }


STYLES = _styles()


def paragraph(text: str, style: str, bullet: str | None = None) -> Paragraph:
    """``text`` as it is."""
    return marked_up(escape(text), style, bullet)


def marked_up(markup: str, style: str, bullet: str | None = None) -> Paragraph:
    """Text with reportlab's tags in it; what comes from outside must have been escaped."""
    return Paragraph(markup, STYLES[style], bulletText=bullet)
