"""`read_study` on good studies: the right voxels at the right place, whatever they are stored in."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pydicom
import pytest
from OrganSegLib.ingest import read_study
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from Testing.unit.ingest.tiny_ct import along_z, body, codes, real, refused, write_enhanced, write_series

SYNTAXES = "dicom/transfer_syntaxes"


def test_series_becomes_hounsfield_units_at_its_place(tmp_path: Path) -> None:
    paths = write_series(tmp_path)
    scan = read_study(tmp_path)
    assert scan.voxels.dtype == np.int16
    np.testing.assert_array_equal(scan.voxels, body())
    assert scan.grid.size == (32, 24, 12)
    assert scan.grid.spacing_mm == pytest.approx((1.25, 1.5, 2.0))
    assert scan.grid.origin_mm == pytest.approx((-20, -10, 100))
    assert scan.grid.direction == pytest.approx((1, 0, 0, 0, 1, 0, 0, 0, 1))
    assert scan.source.files == tuple(map(str, paths))
    assert (scan.source.format, scan.source.modality, scan.source.description) == ("DICOM", "CT", "Tiny body")
    assert "Doe" not in repr(scan.source) + repr(scan.notes)


def test_slices_are_sorted_by_position_even_downwards(tmp_path: Path) -> None:
    write_series(tmp_path, positions=along_z(12, step=-2.0))
    scan = read_study(tmp_path)
    np.testing.assert_array_equal(scan.voxels, body()[::-1])
    assert scan.grid.origin_mm == pytest.approx((-20, -10, 78))


def test_oblique_series_keeps_its_axes(tmp_path: Path) -> None:
    turned = np.deg2rad(20)
    row, column = (
        np.array([np.cos(turned), np.sin(turned), 0]),
        np.array([-np.sin(turned), np.cos(turned), 0]),
    )

    def turn(data: pydicom.Dataset, _: int) -> None:
        data.ImageOrientationPatient = [*row, *column]

    write_series(tmp_path, change=turn)
    scan = read_study(tmp_path)
    np.testing.assert_allclose(np.reshape(scan.grid.direction, (3, 3)).T, [row, column, [0, 0, 1]], atol=1e-6)


def test_coronal_series_is_read_and_told(tmp_path: Path) -> None:
    def coronal(data: pydicom.Dataset, n: int) -> None:
        data.ImageOrientationPatient = [1, 0, 0, 0, 0, -1]
        data.ImagePositionPatient = [0, 3 * n, 0]

    write_series(tmp_path, change=coronal)
    scan = read_study(tmp_path)
    assert scan.grid.direction == pytest.approx((1, 0, 0, 0, 0, 1, 0, -1, 0))
    assert scan.grid.spacing_mm[2] == pytest.approx(3.0)
    assert codes(scan.notes) == ["input.not_axial"]


@pytest.mark.parametrize(
    "syntax",
    [ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian],
)
def test_uncompressed_transfer_syntaxes(tmp_path: Path, syntax: pydicom.uid.UID) -> None:
    def swap(data: pydicom.Dataset, _: int) -> None:
        if not syntax.is_little_endian:
            data.PixelData = np.frombuffer(data.PixelData, "<i2").astype(">i2").tobytes()
            data["PixelData"].VR = "OW"

    write_series(tmp_path, change=swap, syntax=syntax)
    np.testing.assert_array_equal(read_study(tmp_path).voxels, body())


def _move(source: Path, target: Path, z: float) -> None:
    data = pydicom.dcmread(source)
    data.ImagePositionPatient[2] = z
    data.SOPInstanceUID = pydicom.uid.generate_uid()
    data.save_as(target)


def test_nothing_is_printed_while_reading(tmp_path: Path) -> None:
    """12-bit JPEG makes libjpeg talk: a terminal shall stay clean."""
    file = next(real(SYNTAXES).glob("*Process2_4*"))
    for n in range(8):
        _move(file, tmp_path / str(n), z=5.0 * n)
    code = f"from OrganSegLib.ingest import read_study; read_study({str(tmp_path)!r})"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, env={"PYTHONPATH": _library()}
    )
    assert (done.stdout, done.stderr) == (b"", b"")


def _library() -> str:
    import OrganSegLib

    return str(Path(OrganSegLib.__file__).parents[1])


def test_rescale_may_differ_from_slice_to_slice(tmp_path: Path) -> None:
    def rescale(data: pydicom.Dataset, n: int) -> None:
        data.RescaleSlope, data.RescaleIntercept = 0.5, -1000 - n
        data.PixelData = (2 * (body()[n] + 1000 + n)).astype("<i2").tobytes()

    write_series(tmp_path, change=rescale)
    np.testing.assert_array_equal(read_study(tmp_path).voxels, body())


def test_missing_rescale_means_that_values_are_hounsfield_units(tmp_path: Path) -> None:
    def plain(data: pydicom.Dataset, n: int) -> None:
        del data.RescaleSlope, data.RescaleIntercept
        data.PixelData = body()[n].astype("<i2").tobytes()

    write_series(tmp_path, change=plain)
    np.testing.assert_array_equal(read_study(tmp_path).voxels, body())


def test_enhanced_multiframe_file_stands_alone(tmp_path: Path) -> None:
    write_series(tmp_path)
    path = write_enhanced(tmp_path / "enhanced.dcm", body(20))
    scan = read_study(path)
    expected = np.maximum(body(20) + np.arange(20)[:, None, None], -1024)[::-1]
    np.testing.assert_array_equal(scan.voxels, expected)
    assert scan.grid.origin_mm == pytest.approx((-20, -10, 62))
    assert scan.grid.spacing_mm == pytest.approx((1.25, 1.5, 2.0))
    assert scan.source.files == (str(path),)
    assert scan.source.other_series == ()


def test_one_file_stands_for_its_series_in_the_folder(tmp_path: Path) -> None:
    wanted = write_series(tmp_path, body(10))
    for path in wanted:
        path.rename(path.with_suffix(".ima"))
    write_series(tmp_path, body(14))
    scan = read_study(wanted[3].with_suffix(".ima"))
    assert scan.grid.size[2] == 10
    refused(wanted[3].with_suffix(".ima"), "input.no_such_series", series="1.2.3")


def test_files_without_preamble_are_read(tmp_path: Path) -> None:
    for path in write_series(tmp_path, syntax=ImplicitVRLittleEndian):
        data = pydicom.dcmread(path)
        data.file_meta = pydicom.dataset.FileMetaDataset()
        data.preamble = None
        data.save_as(path, implicit_vr=True, little_endian=True)
        assert path.read_bytes()[:2] == b"\x08\x00"
    np.testing.assert_array_equal(read_study(tmp_path).voxels, body())


def test_disc_index_stands_for_the_folder(tmp_path: Path) -> None:
    write_series(tmp_path / "IMAGES" / "A")
    index = tmp_path / "DICOMDIR"
    index.write_bytes(bytes(128) + b"DICM")
    assert read_study(index).grid.size == (32, 24, 12)
    assert read_study(tmp_path).notes == ()


def test_missing_uids_are_repaired_and_told(tmp_path: Path) -> None:
    def anonymise(data: pydicom.Dataset, _: int) -> None:
        data.SOPInstanceUID = data.SeriesInstanceUID = ""

    write_series(tmp_path / "a", change=anonymise)
    scan = read_study(tmp_path)
    assert codes(scan.notes) == ["input.missing_series_uid", "input.missing_instance_uid"]
    assert scan.source.series_uid.startswith("2.25.")
    shutil.move(tmp_path / "a", tmp_path / "elsewhere")
    assert read_study(tmp_path, series=scan.source.series_uid).source.series_uid == scan.source.series_uid


def test_real_series_without_uids() -> None:
    scan = read_study(real("dicom/ts_reference_2"))
    assert scan.grid.size == (512, 512, 20)
    assert scan.grid.origin_mm == pytest.approx((-249.51171875, -437.51171875, -804.5))
    assert scan.grid.spacing_mm == pytest.approx((0.9765625, 0.9765625, 2.0))
    assert codes(scan.notes) == ["input.missing_series_uid", "input.missing_instance_uid"]


def test_largest_axial_ct_is_taken_and_the_others_are_named(tmp_path: Path) -> None:
    def other(data: pydicom.Dataset, _: int) -> None:
        data.SeriesDescription = "Thin coronal"
        data.ImageOrientationPatient = [1, 0, 0, 0, 0, -1]
        data.ImagePositionPatient = [0, float(data.ImagePositionPatient[2]), 0]

    def magnetic(data: pydicom.Dataset, _: int) -> None:
        data.Modality = "MR"

    small = write_series(tmp_path / "small", body(9))
    write_series(tmp_path / "axial", body(12))
    write_series(tmp_path / "coronal", body(30), change=other)
    write_series(tmp_path / "mr", body(40), change=magnetic)
    scan = read_study(tmp_path)
    assert scan.grid.size[2] == 12
    assert [line.split(",")[:2] for line in scan.source.other_series] == [
        ["MR", ' 40 slices "Tiny body"'],
        ["CT", ' 30 slices "Thin coronal"'],
        ["CT", ' 9 slices "Tiny body"'],
    ]
    uid = str(pydicom.dcmread(small[0]).SeriesInstanceUID)
    assert read_study(tmp_path, series=uid).grid.size[2] == 9


def test_reconstructions_in_one_series_are_taken_apart(tmp_path: Path) -> None:
    def kernel(data: pydicom.Dataset, n: int) -> None:
        data.ConvolutionKernel = ["soft", "sharp"][n % 2]

    hu = np.repeat(body(12), 2, axis=0)
    hu[1::2] += 5
    write_series(tmp_path, hu, [place for place in along_z(12) for _ in range(2)], kernel)
    scan = read_study(tmp_path)
    assert scan.grid.size[2] == 12
    assert len(scan.source.other_series) == 1
    offsets = scan.voxels[:, 12, 16].astype(int) - body(12)[:, 12, 16]
    assert set(offsets) in ({0}, {5})
