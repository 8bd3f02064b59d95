"""The report as its readers meet it: a page in a browser and a PDF, each whole, safe and alone."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from OrganSegLib import report
from OrganSegLib.formats import FORMATS, Choices
from OrganSegLib.pipeline import Segmentation
from OrganSegLib.proximity import Target, measure_proximity, write_proximity
from OrganSegLib.tables import NOTICE
from OrganSegLib.volume import Labelmap
from pypdf import PdfReader

from Testing.browser import look
from Testing.unit.report.conftest import CHECK, FLAGS, RUN, SECRETS

VOID = {"meta", "img", "br", "hr", "link", "input"}
LOADING = {"src", "href", "srcset", "data", "action", "poster", "background"}


class Page(HTMLParser):
    """A page's text and elements; fails where they are not nested properly."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.style = self.text = ""
        self._open: list[str] = []
        self.feed(path.read_text(encoding="utf-8"))
        assert self._open == []
        self.text = " ".join(self.text.split())

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        assert len(dict(attributes)) == len(attributes)
        self.elements.append((tag, dict(attributes)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" in self._open:
            self.style += data
        else:
            self.text += data


def _written(found: Segmentation, folder: Path, identity: bool = True) -> Path:
    """The folder of a report, written where formats are."""
    aside = folder / ".aside"
    aside.mkdir()
    assert report.write(found, aside, Choices(identity=identity)) == list(FORMATS["report"].files)
    return aside


@pytest.fixture(scope="module")
def named(found: Segmentation, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report with the patient's name and with distances."""
    folder = tmp_path_factory.mktemp("named")
    target = Target.of_point((-8.0, -20.0, 300.0), 5.0, "lesion <b>7</b>")
    write_proximity(folder, measure_proximity(found.labelmap, target, [5.0]))
    return _written(found, folder)


@pytest.fixture(scope="module")
def anonymous(found: Segmentation, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report without name and distances, of a result without surfaces."""
    return _written(replace(found, surfaces={}), tmp_path_factory.mktemp("anonymous"), identity=False)


def _pdf_pages(folder: Path) -> list[str]:
    return [" ".join(page.extract_text().split()) for page in PdfReader(folder / report.PDF).pages]


def _texts(folder: Path) -> list[str]:
    """The whole text of the page and of the PDF."""
    return [Page(folder / report.HTML).text, " ".join(_pdf_pages(folder))]


def test_both_say_everything(named: Path, found: Segmentation) -> None:
    wanted = [organ.title for organ in found.labelmap.organs.values()]
    wanted += [flag.sentence for flag in (*FLAGS.values(), CHECK)]
    wanted += [note["sentence"] for note in RUN["notes"]]
    wanted += ["▲ Warning: unusual volume.", "◆ Note: cut off by the scan.", "not found"]
    wanted += ["ACME", "40 × 40 × 20"]
    wanted += ["organseg-ct-3mm", "another one made this result", "OrganSeg 9.8.7", "1.8 s", "mm²"]
    wanted += ["Dvořák<script>alert(1)</script>, Jiří", "ID & 4711", "Scan 5 ≥ 3", NOTICE]
    wanted += ["lesion <b>7</b>, 0.5 ml", "overlapping", "Within 5 mm", "Sphericity"]
    for text in _texts(named):
        assert [words for words in wanted if words not in text] == []


def test_without_identity_nobody_is_named(anonymous: Path) -> None:
    about = str(PdfReader(anonymous / report.PDF).metadata)
    for text in (*_texts(anonymous), about, (anonymous / report.HTML).read_text(encoding="utf-8")):
        assert [secret for secret in SECRETS if secret in text] == []
    assert all("ACME" in text and "left out" in text for text in _texts(anonymous))


def test_the_page_loads_nothing_and_runs_nothing(named: Path) -> None:
    page = Page(named / report.HTML)
    (policy,) = (facts["content"] for _, facts in page.elements if "http-equiv" in facts)
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'; img-src data:;")
    assert not {tag for tag, _ in page.elements} & {"script", "link", "iframe", "object"}
    for tag, attributes in page.elements:
        assert not [name for name in attributes if name.startswith("on")]
        loaded = [value or "" for name, value in attributes.items() if name in LOADING]
        assert all(value.startswith("data:image/png;base64,") for value in loaded), tag
    assert "url(" not in page.style
    assert "@import" not in page.style


def test_the_page_can_be_read_without_seeing_it(named: Path) -> None:
    elements = Page(named / report.HTML).elements
    assert dict(elements)["html"] == {"lang": "en"}
    pictures = [attributes for tag, attributes in elements if tag == "img"]
    assert len(pictures) == 3 + 4 + 1
    assert all(len(picture["alt"] or "") > 20 for picture in pictures)
    assert all("scope" in attributes for tag, attributes in elements if tag == "th")


def test_a_browser_shows_the_page(named: Path, found: Segmentation) -> None:
    seen = look((named / report.HTML).as_uri(), (1100, 2600))
    assert seen.console == ()
    assert seen.requested == ()
    assert "<script" not in seen.dom
    assert (seen.picture.min(axis=2) < 100).mean() > 0.05
    for label in (1, 2):  # in the legend and in the table
        colour = np.array(found.labelmap.organs[label].colour)
        assert (np.abs(seen.picture.astype(int) - colour).max(axis=2) < 3).sum() > 100


def test_every_page_of_the_pdf_names_notice_patient_and_place(named: Path) -> None:
    pages = _pdf_pages(named)
    assert 2 <= len(pages) <= 8
    for number, text in enumerate(pages, start=1):
        assert NOTICE in text
        assert "ID & 4711" in text
        assert f"{number} / {len(pages)}" in text


def test_the_pdf_carries_its_letters_and_pictures(named: Path) -> None:
    pages = PdfReader(named / report.PDF).pages
    fonts = [font.get_object() for page in pages for font in page["/Resources"]["/Font"].values()]
    described = [font["/FontDescriptor"] for font in fonts if "/FontDescriptor" in font]
    assert described
    assert all("/FontFile2" in font for font in described)
    assert sum(len(page.images) for page in pages) == 3 + 4 + 1
    assert all(page.mediabox.width < 600 for page in pages)


def test_files_stay_small_enough_to_send(named: Path) -> None:
    assert all((named / name).stat().st_size < 4_000_000 for name in FORMATS["report"].files)


def test_a_scan_without_organs_is_reported(found: Segmentation, tmp_path: Path) -> None:
    nothing = Labelmap(np.zeros_like(found.labelmap.voxels), found.labelmap.grid, found.labelmap.organs)
    folder = _written(Segmentation.of(found.scan, nothing), tmp_path)
    for text in _texts(folder):
        assert "looked for 4 organs and found 0" in text
        assert "No model is recorded" in text
        assert "Shapes" not in text
