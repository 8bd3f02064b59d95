"""How the command line starts."""

from __future__ import annotations

import subprocess
import sys


def test_help_waits_for_nothing_heavy():
    """Torch, MONAI and the like take seconds to import, which nobody wants to wait for before reading."""
    heavy = "torch monai SimpleITK scipy pydicom matplotlib optuna"
    code = f"import sys, organseg_training.cli; print(*set('{heavy}'.split()) & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
