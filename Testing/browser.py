"""A page in a real browser, headless Chromium: what it shows, says and asks the network for."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

NAMES = ("chromium", "chromium-browser", "google-chrome")
TIMEOUT_S = 120


@dataclass(frozen=True)
class Seen:
    """A page after it was loaded.

    Attributes:
        dom: the document as HTML, scripts having run.
        picture: RGB, [row, column, 3], of the window.
        console: what the page and the browser wrote to the page's console.
        requested: network addresses that the page asked for; files are none.
    """

    dom: str
    picture: NDArray[np.uint8]
    console: tuple[str, ...]
    requested: tuple[str, ...]


def look(
    address: str, size: tuple[int, int] = (1200, 1600), wait_ms: int = 2000, more: tuple[str, ...] = ()
) -> Seen:
    """Open ``address``; skips the test where no Chromium is installed. No other machine can be reached.

    Args:
        size: of the window, in pixels.
        wait_ms: of the page's own time, which passes as quickly as its work allows.
        more: further options for Chromium.
    """
    browser = next((path for name in NAMES if (path := shutil.which(name))), None)
    if browser is None:
        pytest.skip("Chromium is not installed")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        picture, log = Path(folder) / "picture.png", Path(folder) / "network.json"
        command = [
            *(browser, "--headless=new", "--no-sandbox", "--hide-scrollbars", "--no-first-run"),
            *(f"--user-data-dir={folder}/profile", f"--window-size={size[0]},{size[1]}"),
            *("--enable-logging=stderr", f"--log-net-log={log}", f"--virtual-time-budget={wait_ms}"),
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
            *(f"--screenshot={picture}", "--dump-dom", *more, address),
        ]
        done = subprocess.run(command, capture_output=True, check=True, timeout=TIMEOUT_S)
        pixels = np.asarray(Image.open(picture).convert("RGB"))
        requested = _requested(json.loads(log.read_text(encoding="utf-8")))
    said = re.findall(r'INFO:CONSOLE[^"]*"(.*)", source:', done.stderr.decode("utf-8", "replace"))
    return Seen(done.stdout.decode("utf-8"), pixels, tuple(said), requested)


def _requested(log: dict[str, list[dict[str, dict[str, str]]]]) -> tuple[str, ...]:
    """The page's own requests: those that Chromium makes for itself come from no origin."""
    asked = [event.get("params", {}) for event in log["events"]]
    own = [one for one in asked if "url" in one and one.get("initiator", "not an origin") != "not an origin"]
    return tuple(one["url"] for one in own)
