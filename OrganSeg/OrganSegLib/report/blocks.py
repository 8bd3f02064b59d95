"""Each kind of block as the flowing pieces that reportlab sets into pages."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from functools import singledispatch
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib.colors import HexColor
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.platypus import Flowable, Image, KeepTogether, Table

from . import content
from .styles import BOLD, FLUSH, GRID, INKS, STYLES, TINTS, marked_up, paragraph

WIDTH = content.WIDTH_MM * mm
TITLES = 30 * mm  # width of what stands before the values of pairs
ORGANS = tuple(part * mm for part in (39, 19, 24, 17, 14, 67))
LEGEND_COLUMNS = 4
CAPTION = 6 * mm
PAD = 8.0  # points of a cell that its text cannot use


@singledispatch
def flow(block: Any) -> Iterator[Flowable]:
    """What shows a block."""
    raise TypeError(f"{type(block).__name__} is no block")


def lead(block: content.Block | None) -> float:
    """Points of a block's beginning that no page break can part: a gallery's first row."""
    if not isinstance(block, content.Gallery) or not block.rows:
        return 0.0
    height: float = max(picture.height_mm for picture in block.rows[0]) * mm + CAPTION
    return height


@flow.register
def _(block: content.Heading) -> Iterator[Flowable]:
    yield paragraph(block.text, "heading")


@flow.register
def _(block: content.Prose) -> Iterator[Flowable]:
    yield paragraph(block.text, "text")


@flow.register
def _(block: content.Bullets) -> Iterator[Flowable]:
    for item in block.items:
        yield paragraph(item, "bullet", bullet="•")


@flow.register
def _(block: content.Pairs) -> Iterator[Flowable]:
    cells = [[paragraph(what, "quiet"), paragraph(how, "cell")] for what, how in block.items]
    yield Table(cells, [TITLES, "*"], style=FLUSH, spaceAfter=4)


@flow.register
def _(block: content.Remarks) -> Iterator[Flowable]:
    for remark in block.items:
        text = f"<b>{escape(remark.subject)}.</b> {_remark(remark)}"
        edge = ("LINEBEFORE", (0, 0), (0, -1), 3, HexColor(INKS[remark.level]))
        fill = ("BACKGROUND", (0, 0), (-1, -1), HexColor(TINTS[remark.level]))
        yield Table([[marked_up(text, "cell")]], ["*"], style=[edge, fill], spaceBefore=1, spaceAfter=2)


@flow.register
def _(block: content.Legend) -> Iterator[Flowable]:
    cells = [marked_up(_key(key), "cell") for key in block.keys]
    rows = -(-len(cells) // LEGEND_COLUMNS) or 1
    cells += [""] * (rows * LEGEND_COLUMNS - len(cells))
    columns = [cells[start : start + rows] for start in range(0, len(cells), rows)]
    table = Table(list(zip(*columns, strict=True)), ["*"] * LEGEND_COLUMNS, style=FLUSH, spaceBefore=4)
    yield KeepTogether([table])


@flow.register
def _(block: content.Gallery) -> Iterator[Flowable]:
    for row in block.rows:
        cells = [[_image(picture), paragraph(picture.caption, "caption")] for picture in row]
        share = (WIDTH - sum(picture.width_mm for picture in row) * mm) / len(row)
        widths = [picture.width_mm * mm + share for picture in row]
        centred = [("ALIGN", (0, 0), (-1, -1), "CENTER"), ("VALIGN", (0, 0), (-1, -1), "BOTTOM")]
        yield Table([cells], widths, style=[*FLUSH, *centred], spaceBefore=2, spaceAfter=3)


@flow.register
def _(block: content.Organs) -> Iterator[Flowable]:
    header = _header(("Organ", "Volume", "Usual", "Mean HU", "SD HU", "Remarks"), {1, 2, 3, 4})
    rows = []
    for organ in block.rows:
        look = "cell" if organ.found else "quiet"
        numbers = (organ.volume, organ.usual, organ.mean_hu, organ.sd_hu)
        remarks = [marked_up(_remark(remark), look) for remark in organ.remarks]
        cells = [paragraph(text, "number") for text in numbers]
        rows.append([marked_up(_key(organ.key), look), *cells, remarks])
    yield Table([header, *rows], ORGANS, repeatRows=1, style=GRID, spaceAfter=4)


@flow.register
def _(block: content.Table) -> Iterator[Flowable]:
    rows = [
        [paragraph(cell, "number" if place in block.numbers else "cell") for place, cell in enumerate(row)]
        for row in block.rows
    ]
    header = _header(block.header, block.numbers)
    yield Table([header, *rows], _widths(block), repeatRows=1, style=GRID, spaceAfter=4)


def _header(titles: Sequence[str], numbers: frozenset[int] | set[int]) -> list[Flowable]:
    return [paragraph(title, "number head" if n in numbers else "head") for n, title in enumerate(titles)]


def _widths(table: content.Table) -> list[float]:
    """Columns as wide as their longest cell; where that is too much, the wide ones give way."""
    size = STYLES["cell"].fontSize
    natural = [
        max(stringWidth(cell, BOLD, size) for cell in column) + PAD
        for column in zip(table.header, *table.rows, strict=True)
    ]
    if sum(natural) <= WIDTH:
        return [width + (WIDTH - sum(natural)) / len(natural) for width in natural]
    wide = [width > WIDTH / len(natural) for width in natural]
    room = WIDTH - sum(width for width, large in zip(natural, wide, strict=True) if not large)
    wanted = sum(width for width, large in zip(natural, wide, strict=True) if large)
    return [width * room / wanted if large else width for width, large in zip(natural, wide, strict=True)]


def _remark(remark: content.Remark) -> str:
    """Markup: the word in bold and in the level's colour, then the sentence."""
    word = escape(f"{remark.symbol} {remark.level.capitalize()}: {remark.word}.")
    return f'<b><font color="{INKS[remark.level]}">{word}</font></b> {escape(remark.sentence)}'


def _key(key: content.Key) -> str:
    """Markup: number, a square of the colour and the organ's title."""
    space = "\u00a0\u00a0" if key.number < 10 else ""  # two are as wide as a digit
    return f'<b>{space}{key.number}</b> <font color="{key.colour}">■</font> {escape(key.title)}'


def _image(picture: content.Picture) -> Image:
    return Image(io.BytesIO(picture.png), picture.width_mm * mm, picture.height_mm * mm)
