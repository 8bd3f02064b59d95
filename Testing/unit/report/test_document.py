"""The PDF's pages: what belongs together stays together."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from OrganSegLib.report.content import Block, Gallery, Heading, Pairs, Picture, Prose, Report, Section
from OrganSegLib.report.document import write_pdf
from PIL import Image
from pypdf import PdfReader


def _picture(height_mm: float) -> Gallery:
    png = io.BytesIO()
    Image.new("RGB", (4, 4)).save(png, "png")
    return Gallery(((Picture(png.getvalue(), 100.0, height_mm, "", "grey"),),))


@pytest.mark.parametrize("lines", [5, 15, 25, 35])
@pytest.mark.parametrize("height_mm", [90.0, 225.0])
@pytest.mark.parametrize("inner", [True, False])
def test_a_heading_stands_above_its_pictures(
    inner: bool, height_mm: float, lines: int, tmp_path: Path
) -> None:
    filler: tuple[Block, ...] = (Prose("A line."),) * lines
    pictures = _picture(height_mm)
    sections = (
        (Section("First", (*filler, Heading("Pictures"), pictures)),)
        if inner
        else (Section("First", filler), Section("Pictures", (pictures,)))
    )
    write_pdf(tmp_path / "report.pdf", Report("", "", (Pairs((("Name", "nobody"),)),), sections))
    pages = PdfReader(tmp_path / "report.pdf").pages
    assert [len(page.images) for page in pages if "Pictures" in page.extract_text()] == [1]
    assert len(pages) == (1 if sum(len(page.images) for page in pages[:1]) else 2)
