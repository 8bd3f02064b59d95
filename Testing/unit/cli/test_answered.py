"""Work that waits for a drive: it ends in time, and only when nothing at all comes any longer."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import SimpleITK as sitk
from OrganSegLib.cli import answered as module
from OrganSegLib.cli.answered import answered
from OrganSegLib.errors import ModelError, OrganSegError
from OrganSegLib.ingest.quiet import silent_stderr

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what a thread does")


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 0.4 seconds."""
    monkeypatch.setattr(module, "POLL_SECONDS", 0.1)
    monkeypatch.setattr(module, "MOST_IDLE_POLLS", 4)


@pytest.fixture
def pipe(tmp_path: Path) -> Iterator[Path]:
    """Whoever opens it waits until the test is over."""
    path = tmp_path / "scan.mha"
    os.mkfifo(path)
    yield path
    os.close(os.open(path, os.O_RDWR | os.O_NONBLOCK))  # lets the thread go


def test_what_comes_of_the_work() -> None:
    assert answered("scan", lambda: 3) == 3
    for error in (OSError(110, "Connection timed out"), KeyError("x"), OrganSegError("input.x", "No.")):
        with pytest.raises(type(error)) as caught:
            answered("scan", lambda error=error: (_ for _ in ()).throw(error))
        assert caught.value is error


def test_a_library_that_waits_for_ever_is_left_behind(pipe: Path) -> None:
    """Standard error is heard again, though the library still silences it."""

    def read() -> sitk.Image:
        with silent_stderr():
            return sitk.ReadImage(str(pipe), imageIO="MetaImageIO")

    before = os.fstat(2)
    with pytest.raises(OrganSegError) as caught:
        answered(pipe, read)
    assert caught.value.code == "input.stalled"
    assert str(pipe) in caught.value.sentence
    assert caught.value.next_step
    assert os.path.samestat(os.fstat(2), before)


def test_the_code_tells_what_stood_still(pipe: Path) -> None:
    with pytest.raises(ModelError) as caught:
        answered(pipe, pipe.read_bytes, "model")
    assert caught.value.code == "model.stalled"


def test_a_slow_drive_is_waited_for(pipe: Path) -> None:
    """Four times as long as patience lasts, byte by byte."""

    def trickle() -> None:
        with pipe.open("wb", buffering=0) as stream:
            for _ in range(16):
                time.sleep(0.1)
                stream.write(b"x")

    threading.Thread(target=trickle, daemon=True).start()
    assert answered(pipe, pipe.read_bytes) == b"x" * 16
