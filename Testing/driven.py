"""A page in headless Chromium that a test clicks in; `browser.look` is for pages that are only looked at."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from selenium.webdriver import ActionChains, Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.remote.webelement import WebElement

from Testing.browser import NAMES

OPTIONS = (
    *("--headless=new", "--no-sandbox", "--hide-scrollbars", "--no-first-run", "--disable-dev-shm-usage"),
    *("--use-angle=swiftshader", "--enable-unsafe-swiftshader"),  # WebGL without a graphics card
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)


@contextmanager
def chromium(size: tuple[int, int] = (1000, 700), more: tuple[str, ...] = ()) -> Iterator[Chrome]:
    """A browser to drive; skips the test where Chromium or its driver is not installed."""
    browser = next((path for name in NAMES if (path := shutil.which(name))), None)
    driver = shutil.which("chromedriver")
    if browser is None or driver is None:
        pytest.skip("Chromium or chromedriver is not installed")
    options = ChromeOptions()
    options.binary_location = browser
    for option in (*OPTIONS, *more, f"--window-size={size[0]},{size[1]}"):
        options.add_argument(option)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    with Chrome(options, Service(driver)) as chrome:
        yield chrome


def complaints(chrome: Chrome) -> list[str]:
    """What the page and the browser wrote to the console since this was last asked."""
    return [entry["message"] for entry in chrome.get_log("browser")]


def requests(chrome: Chrome) -> list[str]:
    """Addresses that were asked for since this was last asked; ``data:`` is no request."""
    events = (json.loads(entry["message"])["message"] for entry in chrome.get_log("performance"))
    asked = [e["params"]["request"]["url"] for e in events if e["method"] == "Network.requestWillBeSent"]
    return [address for address in asked if not address.startswith("data:")]


def pixels(element: WebElement) -> NDArray[np.uint8]:
    """RGB, [row, column, 3], of an element as it is seen."""
    return np.asarray(Image.open(io.BytesIO(element.screenshot_as_png)).convert("RGB"))


def click_at(chrome: Chrome, element: WebElement, row: float, column: float) -> None:
    """Click ``row`` and ``column`` pixels from an element's upper left corner."""
    right, down = column - element.size["width"] / 2, row - element.size["height"] / 2
    ActionChains(chrome).move_to_element_with_offset(element, int(right), int(down)).click().perform()
