"""Volumes that do not fit into the memory that this process may use."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

SCRIPT = """
import resource, sys
from OrganSegLib.errors import InputError
from OrganSegLib.ingest import read_study
resource.setrlimit(resource.RLIMIT_AS, (2**31, 2**31))
try:
    read_study(sys.argv[1])
except InputError as error:
    print(error.code)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no such limit")
def test_a_limit_of_the_process_is_respected(tmp_path: Path) -> None:
    """As `ulimit -v` and batch systems set it: the computer's own memory may be far more."""
    path = tmp_path / "scan.mha"
    sitk.WriteImage(sitk.GetImageFromArray(np.zeros((9, 9, 9), np.int16)), str(path))
    path.write_bytes(path.read_bytes().replace(b"DimSize = 9 9 9", b"DimSize = 600 600 600"))
    done = subprocess.run([sys.executable, "-c", SCRIPT, str(path)], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("input.too_large\n", "")
