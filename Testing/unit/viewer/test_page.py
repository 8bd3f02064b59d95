"""The page in a real browser, as somebody uses it who got the file."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from OrganSegLib.quality import Flag
from OrganSegLib.tables import NOTICE
from OrganSegLib.viewer.content import Content
from OrganSegLib.viewer.page import page_of
from OrganSegLib.viewer.server import PageServer
from selenium.webdriver import ActionChains, Chrome, Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait

from Testing.driven import chromium, click_at, complaints, pixels, requests
from Testing.unit.viewer.page_content import CUT_OFF, PARTIAL, content

Picture = NDArray[np.uint8]
RED, GREEN = 0, 1
TIMEOUT_S = 60


@pytest.fixture(scope="module")
def chrome() -> Iterator[Chrome]:
    with chromium() as chrome:
        yield chrome


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("é ř") / "organs.html"
    path.write_text(page_of(content()), encoding="utf-8")
    return path


@pytest.fixture
def page(chrome: Chrome, file: Path) -> Chrome:
    """The page from a file, opened anew and at rest."""
    return _opened(chrome, file.as_uri())


def _opened(chrome: Chrome, address: str) -> Chrome:
    chrome.get(address)
    WebDriverWait(chrome, TIMEOUT_S).until(
        lambda _: chrome.find_elements("css selector", "[aria-busy=false]")
    )
    _until(chrome, lambda picture: _of(picture, RED).any() or _of(picture, GREEN).any())
    return chrome


def _canvas(page: Chrome) -> WebElement:
    return page.find_element("tag name", "canvas")


def _until(page: Chrome, seen: Callable[[Picture], object]) -> Picture:
    """The picture once it is as expected, and rests."""

    last = pixels(_canvas(page))
    end = time.monotonic() + TIMEOUT_S
    while time.monotonic() < end:
        now = pixels(_canvas(page))
        if np.array_equal(now, last) and seen(now):
            return now
        last = now
    raise AssertionError("the picture never became as expected")


def _rest(page: Chrome) -> Picture:
    return _until(page, lambda _: True)


def _of(picture: Picture, channel: int) -> NDArray[np.bool_]:
    """Pixels in which one channel is by far the brightest."""
    others = np.delete(picture, channel, axis=2).max(axis=2)
    brighter: NDArray[np.bool_] = picture[..., channel] > 40 + 2 * others.astype(int)
    return brighter


def _middle(mask: NDArray[np.bool_]) -> tuple[float, float]:
    """Row and column."""
    rows, columns = np.nonzero(mask)
    return float(rows.mean()), float(columns.mean())


def _edges(page: Chrome) -> dict[str, str]:
    sides = page.find_elements("class name", "edge")
    return {(side.get_attribute("class") or "").split()[-1]: side.text for side in sides}


def _button(page: Chrome, text: str) -> WebElement:
    return next(button for button in page.find_elements("tag name", "button") if button.text == text)


def _labelled(page: Chrome, label: str) -> WebElement:
    return page.find_element("css selector", f"[aria-label='{label}']")


def test_the_file_loads_nothing_else_and_complains_of_nothing(chrome: Chrome, file: Path) -> None:
    complaints(chrome), requests(chrome)
    _opened(chrome, file.as_uri())
    assert complaints(chrome) == []
    assert requests(chrome) == [file.as_uri()]


def test_the_patient_is_seen_from_the_front_with_the_head_up(page: Chrome) -> None:
    picture = _rest(page)
    liver, kidney = (_middle(_of(picture, channel)) for channel in (RED, GREEN))
    assert liver[1] < kidney[1]  # the patient's right is on the left side
    assert kidney[0] < liver[0]  # what is nearer to the head is higher
    assert _edges(page) == {"left": "R", "right": "L", "top": "S", "bottom": "I"}


@pytest.mark.parametrize(
    ("view", "letters", "liver_is_left"),
    [
        ("Back", {"left": "L", "right": "R", "top": "S", "bottom": "I"}, False),
        ("Left", {"left": "A", "right": "P", "top": "S", "bottom": "I"}, None),
        ("Right", {"left": "P", "right": "A", "top": "S", "bottom": "I"}, None),
        ("Top", {"left": "L", "right": "R", "top": "A", "bottom": "P"}, False),
    ],
)
def test_standard_views(page: Chrome, view: str, letters: dict[str, str], liver_is_left: bool | None) -> None:
    _button(page, view).click()
    picture = _rest(page)
    assert _edges(page) == letters
    if liver_is_left is not None:
        assert (_middle(_of(picture, RED))[1] < _middle(_of(picture, GREEN))[1]) == liver_is_left


def test_dragging_turns_the_view_and_resetting_turns_it_back(page: Chrome) -> None:
    before = _rest(page)
    drag = ActionChains(page, duration=20).move_to_element(_canvas(page)).click_and_hold()
    for _ in range(12):
        drag.move_by_offset(25, 0)
    drag.release().perform()
    _until(page, lambda picture: not np.array_equal(_of(picture, RED), _of(before, RED)))
    assert _edges(page)["left"] != "R"
    assert not page.find_elements("css selector", "section.chosen")
    _button(page, "Reset view").click()
    _until(page, lambda picture: np.array_equal(_of(picture, RED), _of(before, RED)))
    assert _edges(page)["left"] == "R"


def test_organs_are_hidden_and_shown(page: Chrome) -> None:
    before = _rest(page)
    _labelled(page, "Show Liver").click()
    _until(page, lambda picture: not _of(picture, RED).any() and _of(picture, GREEN).any())
    _button(page, "None").click()
    _until(page, lambda picture: not _of(picture, GREEN).any())
    _button(page, "All").click()
    _until(page, lambda picture: np.array_equal(_of(picture, RED), _of(before, RED)))


def test_turning_while_nothing_is_shown_does_no_harm(page: Chrome) -> None:
    liver = _middle(_of(_rest(page), RED))
    complaints(page)
    _button(page, "None").click()
    _until(page, lambda picture: not _of(picture, RED).any())
    _button(page, "Back").click()
    _button(page, "All").click()
    picture = _until(page, lambda picture: _of(picture, RED).any())
    assert _middle(_of(picture, RED))[1] > liver[1]
    assert complaints(page) == []


def test_controls_work_by_keyboard(page: Chrome) -> None:
    box = _labelled(page, "Show Liver")
    page.execute_script("arguments[0].focus()", box)
    box.send_keys(Keys.SPACE)
    _until(page, lambda picture: not _of(picture, RED).any())
    assert _edges(page)["left"] == "R"
    for _ in range(9):
        page.find_element("css selector", "[aria-busy] [tabindex]").send_keys(Keys.ARROW_RIGHT)
    assert _edges(page) == {"left": "P", "right": "A", "top": "S", "bottom": "I"}  # from the patient's right
    row = page.find_element("css selector", "#row-1 .name")
    row.send_keys(Keys.ENTER)
    assert "3.1 ml" in page.find_element("css selector", "section.chosen").text


def test_an_organ_becomes_transparent(page: Chrome) -> None:
    red = _of(_rest(page), RED)
    slider = _labelled(page, "Opacity of Liver")
    slider.send_keys(Keys.HOME)
    picture = _until(page, lambda picture: _of(picture, RED).sum() < red.sum() / 2)
    assert _of(picture, GREEN).any()


def test_a_click_on_an_organ_tells_name_volume_and_flags(page: Chrome) -> None:
    picture = _rest(page)
    click_at(page, _canvas(page), *_middle(_of(picture, RED)))
    _until(page, lambda lit: lit[_of(picture, RED)].mean() > picture[_of(picture, RED)].mean())
    told = page.find_element("css selector", "section.chosen").text
    assert "Liver" in told
    assert "≥ 11 ml" in told
    assert CUT_OFF.sentence in told
    assert "chosen" in (page.find_element("id", "row-0").get_attribute("class") or "")
    click_at(page, _canvas(page), *_middle(_of(picture, GREEN)))
    assert "3.1 ml" in page.find_element("css selector", "section.chosen").text
    click_at(page, _canvas(page), picture.shape[0] - 40, picture.shape[1] - 40)
    assert not page.find_elements("css selector", "section.chosen")


def test_a_click_goes_through_a_transparent_organ(page: Chrome) -> None:
    _button(page, "Right").click()  # the liver hides the kidney now
    picture = _rest(page)
    place = _middle(_of(picture, RED))
    _labelled(page, "Opacity of Liver").send_keys(Keys.HOME)
    behind = _middle(_of(_until(page, lambda picture: _of(picture, GREEN).any()), GREEN))
    click_at(page, _canvas(page), *behind)
    assert "Kidney left" in page.find_element("css selector", "section.chosen").text
    click_at(page, _canvas(page), place[0] + 100, place[1])
    assert "Liver" in page.find_element("css selector", "section.chosen").text


def test_everything_is_told_in_words(page: Chrome) -> None:
    aside = page.find_element("tag name", "aside").text
    assert NOTICE in aside
    assert PARTIAL.sentence in aside
    assert "Spleen" in aside
    assert "not found" in aside
    assert "▲" in page.find_element("id", "row-0").text


def test_a_scan_without_organs_has_a_page(chrome: Chrome, tmp_path: Path) -> None:
    path = tmp_path / "organs.html"
    path.write_text(page_of(Content(content().organs[2:], ())), encoding="utf-8")
    complaints(chrome)
    chrome.get(path.as_uri())
    assert "None of the organs was found" in chrome.find_element("tag name", "main").text
    assert "Spleen" in chrome.find_element("tag name", "aside").text
    assert complaints(chrome) == []


def test_names_are_text_and_nothing_else(chrome: Chrome, tmp_path: Path) -> None:
    name = "</script><script>hacked=1</script><img src=x onerror=hacked=1>{{ hacked=1 }}"
    flag = Flag("odd", "warning", "<img src=x onerror=hacked=1>{{ hacked=1 }}</script>")
    path = tmp_path / "organs.html"
    path.write_text(page_of(content(name, flag)), encoding="utf-8")
    complaints(chrome)
    page = _opened(chrome, path.as_uri())
    page.find_element("css selector", "#row-0 .name").click()
    assert name.capitalize() in page.find_element("id", "row-0").text
    assert flag.sentence in page.find_element("css selector", "section.chosen").text
    assert page.execute_script("return typeof hacked") == "undefined"
    assert complaints(chrome) == []


def test_the_served_page_is_the_same(chrome: Chrome, file: Path) -> None:
    with PageServer(file.read_bytes()) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        complaints(chrome), requests(chrome)
        _opened(chrome, server.address)
        server.shutdown()
        thread.join()
        assert complaints(chrome) == []
        assert requests(chrome) == [server.address]


def test_without_webgl_the_list_remains(file: Path) -> None:
    with chromium(more=("--disable-3d-apis",)) as chrome:
        chrome.get(file.as_uri())
        assert "WebGL" in chrome.find_element("tag name", "main").text
        assert "≥ 11 ml" in chrome.find_element("tag name", "aside").text
        chrome.find_element("css selector", "#row-0 .name").click()
        assert CUT_OFF.sentence in chrome.find_element("css selector", "section.chosen").text
        assert complaints(chrome) == []
