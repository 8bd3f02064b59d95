"""Voxels of DICOM files: every transfer syntax decoded, padding turned into air."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
from OrganSegLib.ingest import read_study
from OrganSegLib.ingest.headers import read_header
from OrganSegLib.ingest.pixels import decode

from Testing.unit.ingest.tiny_ct import body, codes, real, write_series

SYNTAXES = "dicom/transfer_syntaxes"
LOSSY = {f"1.2.840.10008.1.2.4.{n}" for n in (50, 51, 53, 55, 81, 91)}


def test_every_transfer_syntax_of_a_ct_decodes_to_the_same_slice() -> None:
    """Each real file against the uncompressed one; lossy ones within their loss."""
    plain = next(real(SYNTAXES).glob("*LittleEndianImplicit*"))
    expected = np.maximum(pydicom.dcmread(plain).pixel_array.astype(int) - 1024, -1024)
    files = sorted(real(SYNTAXES).glob("CTImage.dcm*"))
    assert len(files) == 16
    for file in files:
        voxels, _ = decode(read_header(file).frames)
        difference = np.abs(voxels[0] - expected)
        syntax = pydicom.dcmread(file, stop_before_pixels=True).file_meta.TransferSyntaxUID
        # 8-bit JPEG has steps of 32 HU; the other lossy ones differ by a few HU.
        assert difference.mean() < 16 if syntax in LOSSY else difference.max() == 0, syntax.name


def test_low_padding_becomes_air(tmp_path: Path) -> None:
    def pad(data: pydicom.Dataset, n: int) -> None:
        stored = body()[n] + 1024
        stored[:3] = -2000
        data.PixelData = stored.astype("<i2").tobytes()

    write_series(tmp_path, change=pad)
    scan = read_study(tmp_path)
    assert (scan.voxels[:, :3] == -1024).all()
    assert codes(scan.notes) == ["input.padding"]
    assert scan.notes[0].sentence.startswith("12.5 %")


def test_declared_high_padding_becomes_air(tmp_path: Path) -> None:
    def pad(data: pydicom.Dataset, n: int) -> None:
        stored = body()[n] + 1024
        stored[:3] = 32000
        stored[3, :4] = 31000
        data.PixelPaddingValue, data.PixelPaddingRangeLimit = 32000, 31000
        data.PixelData = stored.astype("<i2").tobytes()

    write_series(tmp_path, change=pad)
    scan = read_study(tmp_path)
    assert (scan.voxels[:, :3] == -1024).all()
    assert (scan.voxels[:, 3, :4] == -1024).all()
    np.testing.assert_array_equal(scan.voxels[:, 4:], body()[:, 4:])


def test_padding_declared_among_tissue_is_taken_for_image(tmp_path: Path) -> None:
    def pad(data: pydicom.Dataset, _: int) -> None:
        data.PixelPaddingValue = 1024 + 40

    write_series(tmp_path, change=pad)
    np.testing.assert_array_equal(read_study(tmp_path).voxels, body())
