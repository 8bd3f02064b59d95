"""Compressed slices whose code stream is not of the size that their header states."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk
from OrganSegLib.ingest import read_study
from OrganSegLib.ingest.code_stream import require_sound
from pydicom.uid import RLELossless

from Testing.unit.ingest.tiny_ct import body, real, refused, write_series

KINDS = ["JPEG", "JPEG2000", "RLE"]


def write_compressed(folder: Path, kind: str) -> list[Path]:
    """A series with each slice compressed: by GDCM, RLE by pydicom."""
    paths = write_series(folder)
    for path in paths:
        data = pydicom.dcmread(path)
        if kind == "RLE":
            data.compress(RLELossless, generate_instance_uid=False)
        else:
            packed = _by_gdcm(path, data.pixel_array, kind)
            data.PixelData = packed.PixelData
            data["PixelData"].is_undefined_length = True
            data.file_meta.TransferSyntaxUID = packed.file_meta.TransferSyntaxUID
        data.save_as(path)
    return paths


def _by_gdcm(path: Path, stored: np.ndarray, kind: str) -> pydicom.Dataset:
    writer = sitk.ImageFileWriter()
    writer.SetImageIO("GDCMImageIO")
    writer.SetFileName(str(path.with_suffix(".packed")))
    writer.SetUseCompression(True)
    writer.SetCompressor(kind)
    writer.Execute(sitk.GetImageFromArray(stored[None]))
    packed = pydicom.dcmread(path.with_suffix(".packed"))
    path.with_suffix(".packed").unlink()
    return packed


@pytest.mark.skipif(os.name == "nt", reason="names are Unicode there")
def test_name_that_is_no_text(tmp_path: Path) -> None:
    """GDCM, as all of ITK, ends the whole process over it; pydicom reads what its plug-ins can."""
    for path in write_compressed(tmp_path, "RLE"):
        path.rename(tmp_path / os.fsdecode(b"\xff" + path.name.encode()))
    np.testing.assert_array_equal(read_study(tmp_path).voxels, body())


def edit(path: Path, **values: int) -> None:
    data = pydicom.dcmread(path)
    for keyword, value in values.items():
        setattr(data, keyword, value)
    data.save_as(path)


@pytest.mark.parametrize("kind", KINDS)
def test_sound_streams_are_read(tmp_path: Path, kind: str) -> None:
    write_compressed(tmp_path, kind)
    np.testing.assert_array_equal(read_study(tmp_path).voxels, body())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("stated", [{"Rows": 16}, {"Rows": 48}, {"Columns": 24}])
def test_header_of_another_size(tmp_path: Path, kind: str, stated: dict[str, int]) -> None:
    for path in write_compressed(tmp_path, kind):
        edit(path, **stated)
    refused(tmp_path, "input.unreadable")


@pytest.mark.parametrize(
    ("kind", "marker", "offset"), [("JPEG", b"\xff\xc3", 5), ("JPEG2000", b"\xff\x51", 6)]
)
def test_stream_that_wants_memory_without_end(tmp_path: Path, kind: str, marker: bytes, offset: int) -> None:
    for path in write_compressed(tmp_path, kind):
        content = path.read_bytes()
        at = content.rindex(marker) + offset
        path.write_bytes(content[:at] + b"\x7f\xff\xff\xff" + content[at + 4 :])
    refused(tmp_path, "input.unreadable")


@pytest.mark.parametrize("offset", [0, 4, 8])
def test_segments_that_are_not_where_they_must_be(tmp_path: Path, offset: int) -> None:
    """GDCM ends the whole process over such a slice."""
    for path in write_compressed(tmp_path, "RLE"):
        content = bytearray(path.read_bytes())
        start = content.index(b"\x02\x00\x00\x00\x40\x00\x00\x00")
        content[start + offset] ^= 2
        path.write_bytes(content)
    refused(tmp_path, "input.unreadable")


def test_every_real_stream_is_sound() -> None:
    files = [pydicom.dcmread(file) for file in sorted(real("dicom/transfer_syntaxes").glob("CTImage.dcm*"))]
    packed = [data for data in files if data.file_meta.TransferSyntaxUID.is_encapsulated]
    assert len(packed) >= 10
    for data in packed:
        require_sound(data)
        data.Rows -= 1
        with pytest.raises(ValueError, match=r"size|pixels"):
            require_sound(data)
