"""OrganSeg's self-test passes in the Slicer-like environment, and on Slicer's own Python files."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.usefixtures("application")
@pytest.mark.parametrize("source", ["stand-ins", "SLICER_SOURCE"])
def test_the_self_test_passes(source: str) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "SLICER_SOURCE"}
    if source == "SLICER_SOURCE":
        if not os.environ.get(source):
            pytest.skip("SLICER_SOURCE names no checkout of Slicer")
        environment[source] = os.environ[source]
    command = [sys.executable, "-m", "Testing.slicer_environment"]
    ran = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=1800)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "Ran 0 tests" not in ran.stderr


@pytest.mark.usefixtures("application")
def test_a_wrong_checkout_is_named(tmp_path: Path) -> None:
    environment = {**os.environ, "SLICER_SOURCE": str(tmp_path)}
    command = [sys.executable, "-c", "from Testing.slicer_environment import launch; launch()"]
    ran = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert ran.returncode != 0
    assert "is no checkout of github.com/Slicer/Slicer" in ran.stderr
