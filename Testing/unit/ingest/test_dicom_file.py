"""Deflated DICOM files that would fill the memory."""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np
import pytest
from OrganSegLib.ingest import read_study

from Testing.unit.ingest.tiny_ct import body, refused, write_series

FIRST = b"\x08\x00\x08\x00CS"  # the image type, with which the data sets begin
PLAIN, DEFLATED = b"UI\x14\x001.2.840.10008.1.2.1\0", b"UI\x16\x001.2.840.10008.1.2.1.99"


def deflate(path: Path, mebibytes: int) -> None:
    """Deflate a file, with a private element of zeros behind its pixels."""
    content = path.read_bytes().replace(PLAIN, DEFLATED)
    start = content.index(FIRST)
    packer = zlib.compressobj(wbits=-15)
    junk = b"\xe1\x7f\x10\x10OB\0\0" + (mebibytes << 20).to_bytes(4, "little")
    head = packer.compress(content[start:] + junk) + packer.flush(zlib.Z_FULL_FLUSH)
    zeros = packer.compress(bytes(2**20)) + packer.flush(zlib.Z_FULL_FLUSH)
    path.write_bytes(content[:start] + head + zeros * mebibytes + packer.flush())


@pytest.mark.parametrize("mebibytes", [0, 1])
def test_deflated_files_are_read(tmp_path: Path, mebibytes: int) -> None:
    for path in write_series(tmp_path):
        deflate(path, mebibytes)
    np.testing.assert_array_equal(read_study(tmp_path).voxels, body())


def test_bomb_is_not_inflated(tmp_path: Path) -> None:
    for path in write_series(tmp_path, body(8)):
        deflate(path, 4000)
    refused(tmp_path, "input.unreadable")
