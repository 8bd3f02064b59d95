"""``organseg view`` as a process: it shows the page until it is interrupted."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from pathlib import Path
from queue import Queue
from urllib.request import urlopen

import pytest
from OrganSegLib.cli.all_commands import app
from OrganSegLib.export import write_results
from OrganSegLib.pipeline import Segmentation
from OrganSegLib.viewer import NAME
from OrganSegLib.viewer.server import PageServer
from typer.testing import CliRunner

from Testing.unit.shapes import two_organs

ENGINE = str(Path(sys.modules["OrganSegLib"].__path__[0]).parent)


@pytest.fixture
def results(tmp_path: Path) -> Path:
    write_results(tmp_path / "é", Segmentation.of(*two_organs()), picture=False)
    return tmp_path / "é"


@pytest.mark.parametrize(("handed_on", "sent"), [(False, signal.SIGINT), (True, signal.SIGTERM)])
def test_the_page_is_shown_until_the_user_ends_it(
    results: Path, handed_on: bool, sent: signal.Signals
) -> None:
    page = "<p>the page that lies there</p>"
    if handed_on:
        (results / NAME).write_text(page, encoding="utf-8")
    command = [sys.executable, "-m", "OrganSegLib", "view", results, "--no-browser"]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ENGINE,
        encoding="utf-8",
        # What a shell starts in the background is born deaf to SIGINT, and so are its children.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        address = re.search(r"http://127\.0\.0\.1:\d+/[\w-]+/", process.stdout.readline())
        hint = process.stdout.readline()
        with urlopen(address.group()) as response:  # noqa: S310 (an address of our own)
            body = response.read().decode()
        process.send_signal(sent)
        last, complaint = process.communicate(timeout=60)

    assert ("Kidney left" in body) == (not handed_on)
    assert (body == page) == handed_on
    assert (str(results / NAME) if handed_on else f"organseg export {results} --format page") in hint
    assert last.splitlines()[-1] == "The page is no longer shown."
    assert complaint == ""
    assert process.returncode == 0


def test_the_browser_is_sent_to_the_page(results: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: Queue[str] = Queue()
    asked: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.put)
    monkeypatch.setattr(PageServer, "serve_forever", lambda server: asked.append(opened.get(timeout=30)))
    result = CliRunner().invoke(app, ["view", str(results)])
    assert result.exit_code == 0, result.output
    assert asked == re.findall(r"http://\S+", result.output)


def test_a_folder_without_results_is_refused(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["view", str(tmp_path)])
    assert result.exit_code == 3
    assert "Error [input.no_results]" in result.output
