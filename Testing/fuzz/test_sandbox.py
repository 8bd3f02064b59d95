"""The sandbox sees what must never happen, and goes on."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest
from OrganSegLib.ingest.memory import require_memory

from Testing.fuzz.sandbox import MEMORY_BYTES, Sandbox

pytestmark = [
    pytest.mark.fuzz,
    pytest.mark.skipif(sys.platform == "win32", reason="limits of memory are POSIX"),
]


def test_every_end_is_told(tmp_path: Path) -> None:
    with Sandbox(tmp_path, seconds=8) as sandbox:
        assert sandbox.run(abs, -3).value == 3
        assert (sandbox.run(require_memory, 10**15).error or {})["code"] == "input.too_large"
        assert sandbox.run(print, "hello").printed == "hello\n"
        assert "ValueError" in sandbox.run(int, "x").fault
        assert "MemoryError" in sandbox.run(bytes, MEMORY_BYTES).fault
        assert "exit code -6" in sandbox.run(os.abort).fault
        assert sandbox.run(abs, -4).value == 4


def test_a_hang_is_ended(tmp_path: Path) -> None:
    with Sandbox(tmp_path, seconds=0.1) as sandbox:
        assert "more than" in sandbox.run(time.sleep, 1000).fault
