"""Five hundred damaged studies: each ends in a named error or in a right result."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.fuzz

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.skipif(sys.platform == "win32", reason="limits of memory are POSIX")
def test_every_damaged_study_ends_well() -> None:
    """In a process of its own: Hypothesis draws on constants of the modules that are loaded."""
    # Measuring coverage there would double the time.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    command = [sys.executable, "-m", "Testing.fuzz", "--cases", "500"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("500 cases")
