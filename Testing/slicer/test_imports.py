"""What Slicer's process may import: nothing that Slicer does not bring."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# What only the worker needs, and what Slicer brings but shall not load at its start.
LATER = (
    "torch",
    "monai",
    "openvino",
    "psutil",
    "safetensors",
    "matplotlib",
    "typer",
    "rich",
    "pydicom",
    "scipy",
)
PROGRAM = f"""
import sys
from importlib.abc import MetaPathFinder
from pathlib import Path
from Testing.slicer_environment import launch

class Refuse(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {LATER!r}:
            raise ImportError(name)

slicer = launch()
sys.meta_path.insert(0, Refuse())
slicer.app.moduleManager().load(Path("OrganSeg/OrganSeg.py"))
slicer.util.getModuleWidget("OrganSeg")
"""


def test_the_module_opens_with_what_slicer_brings() -> None:
    command = [sys.executable, "-c", PROGRAM]
    opened = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert opened.returncode == 0, opened.stderr
