"""Freed memory stays with the process, is counted as free, and is given back on request."""

import subprocess
import sys

import pytest
from OrganSegLib import heap

MEGABYTES = 400
TAKE_AND_FREE = f"""
import numpy as np, psutil
from OrganSegLib.heap import give_back, keep_freed, kept
def held():
    return psutil.Process().memory_info().rss
{{prologue}}
before = held()
block = np.ones({MEGABYTES} << 17)
last = np.ones(1 << 17)  # above it in the heap, which cannot shrink below
del block
print(held() - before >> 20, kept() >> 20)
give_back()
print(held() - before >> 20, kept() >> 20)
"""


def taken_and_freed(prologue: str) -> list[int]:
    """Held and kept MiB after a large block was freed, and both again after it was given back."""
    code = TAKE_AND_FREE.format(prologue=prologue)
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return list(map(int, run.stdout.split()))


@pytest.mark.skipif(sys.platform != "linux", reason="only the GNU C library")
def test_kept_until_it_is_given_back() -> None:
    held, kept, held_then, kept_then = taken_and_freed("keep_freed()")
    assert held >= MEGABYTES
    assert MEGABYTES * 0.9 < kept <= held + 1
    assert held_then < MEGABYTES / 4
    assert kept_then < MEGABYTES / 4


def test_nothing_is_kept_unasked() -> None:
    held, kept, *_ = taken_and_freed("")
    assert held < MEGABYTES / 4
    assert kept < MEGABYTES / 4


def test_free_memory_counts_what_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    from OrganSegLib.runtimes import free_ram

    before = free_ram()
    monkeypatch.setattr(heap, "kept", lambda: 1 << 50)
    assert free_ram() - before > 1 << 49
