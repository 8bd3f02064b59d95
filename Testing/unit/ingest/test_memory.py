"""Volumes that do not fit into the memory that this process may use."""

from __future__ import annotations

import subprocess
import sys
import zipfile
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


pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no such limit")


def code_within_limits(path: Path) -> str:
    """The error code of reading ``path`` with 2 GB of memory."""
    done = subprocess.run([sys.executable, "-c", SCRIPT, str(path)], capture_output=True, text=True)
    assert done.stderr == ""
    return done.stdout.strip()


def test_a_limit_of_the_process_is_respected(tmp_path: Path) -> None:
    """As `ulimit -v` and batch systems set it: the computer's own memory may be far more."""
    path = tmp_path / "scan.mha"
    sitk.WriteImage(sitk.GetImageFromArray(np.zeros((9, 9, 9), np.int16)), str(path))
    path.write_bytes(path.read_bytes().replace(b"DimSize = 9 9 9", b"DimSize = 600 600 600"))
    assert code_within_limits(path) == "input.too_large"


def test_a_member_of_a_zip_that_wants_a_dictionary_of_four_gigabytes(tmp_path: Path) -> None:
    path = tmp_path / "study.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as bundle:
        bundle.writestr("0.dcm", bytes(128) + b"DICM")
    content = bytearray(path.read_bytes())
    at = (
        content.index(b"\x05\x00\x5d") + 3
    )  # the dictionary's size, behind that of the properties and the first
    content[at : at + 4] = b"\xff" * 4
    path.write_bytes(content)
    assert code_within_limits(path) == "input.damaged_archive"
