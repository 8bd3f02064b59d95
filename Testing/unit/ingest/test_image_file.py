"""NIfTI, NRRD and MetaImage: the affine as SimpleITK gives it, and what cannot be trusted refused."""

from __future__ import annotations

import os
from pathlib import Path

import nibabel
import numpy as np
import pytest
import SimpleITK as sitk
from OrganSegLib.ingest import read_study
from OrganSegLib.volume import Grid

from Testing.unit.ingest.tiny_ct import body, codes, real, refused

GRID = Grid((32, 24, 12), (1.5, 1.25, 2.0), (-20.0, 10.0, 300.0), (0, -1, 0, 1, 0, 0, 0, 0, 1))
ENDINGS = ("nii", "nii.gz", "nrrd", "mha", "mhd", "nhdr")


def write(path: Path, voxels: np.ndarray | None = None) -> Path:
    sitk.WriteImage(GRID.image(body() if voxels is None else voxels), str(path))
    return path


def write_nifti(path: Path, affine: np.ndarray, voxels: np.ndarray | None = None) -> Path:
    nibabel.save(nibabel.Nifti1Image(body().T if voxels is None else voxels, affine), path)
    return path


@pytest.mark.parametrize("ending", ENDINGS)
def test_volume_and_affine_come_through(tmp_path: Path, ending: str) -> None:
    scan = read_study(write(tmp_path / f"scan.{ending}"))
    np.testing.assert_array_equal(scan.voxels, body())
    assert scan.voxels.dtype == np.int16
    np.testing.assert_allclose(scan.grid.affine, GRID.affine, atol=1e-4)
    assert scan.notes == ()


def test_format_is_named(tmp_path: Path) -> None:
    formats = [read_study(write(tmp_path / f"scan.{ending}")).source.format for ending in ENDINGS]
    assert formats == ["NIfTI", "NIfTI", "NRRD", "MetaImage", "MetaImage", "NRRD"]


def test_nifti_slope_is_applied(tmp_path: Path) -> None:
    image = nibabel.Nifti1Image((body().T + 1024).astype(np.int16), np.diag([1, 1, 2, 1]))
    image.header.set_slope_inter(1, -1024)
    nibabel.save(image, tmp_path / "scan.nii")
    np.testing.assert_array_equal(read_study(tmp_path / "scan.nii").voxels, body())


def test_lone_image_in_a_folder_is_taken(tmp_path: Path) -> None:
    write(tmp_path / "scan.nii.gz")
    (tmp_path / "readme.txt").write_text("a scan")
    assert read_study(tmp_path).source.format == "NIfTI"
    write(tmp_path / "other.nrrd")
    assert "2 image files" in refused(tmp_path, "input.several_images").sentence


@pytest.mark.parametrize("ending", ["nii", "nrrd"])
@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_broken_and_padded_values_become_air(tmp_path: Path, kind: type, ending: str) -> None:
    voxels = body().astype(kind)
    voxels[0, 0, :3] = np.nan, np.inf, -np.inf
    voxels[1, 0, :5] = -2048
    voxels[2, 0, :2] = -3024
    voxels[3, 0, 0] = 1e9
    scan = read_study(write(tmp_path / f"scan.{ending}", voxels))
    assert codes(scan.notes) == ["input.not_finite", "input.padding"]
    assert scan.notes[0].sentence.startswith("3 voxels")
    assert (scan.voxels[0, 0, :3] == -1024).all()
    assert (scan.voxels[1, 0, :5] == -1024).all()
    assert (scan.voxels[2, 0, :2] == -1024).all()
    assert scan.voxels[3, 0, 0] == 32767
    np.testing.assert_array_equal(scan.voxels[4:], body()[4:])


def test_a_volume_without_any_value(tmp_path: Path) -> None:
    path = write(tmp_path / "scan.nii.gz", np.full_like(body(), np.nan, np.float32))
    assert "finite" in refused(path, "input.not_finite").sentence


def test_four_dimensions(tmp_path: Path) -> None:
    one = body().T[..., None]
    assert read_study(write_nifti(tmp_path / "one.nii", np.eye(4), one)).grid.size == (32, 24, 12)
    path = write_nifti(tmp_path / "three.nii", np.eye(4), np.repeat(one, 3, axis=3))
    assert "3 volumes" in refused(path, "input.four_d").sentence


def test_colour_flat_and_thin_images(tmp_path: Path) -> None:
    colour = sitk.GetImageFromArray(np.zeros((12, 12, 12, 3), np.uint8), isVector=True)
    sitk.WriteImage(colour, str(tmp_path / "colour.nrrd"))
    refused(tmp_path / "colour.nrrd", "input.rgb")
    sitk.WriteImage(sitk.GetImageFromArray(body()[0]), str(tmp_path / "flat.nrrd"))
    refused(tmp_path / "flat.nrrd", "input.two_d")
    refused(write(tmp_path / "thin.nrrd", body(7)), "input.too_few_slices")


@pytest.mark.parametrize(
    "voxels",
    [
        pytest.param(np.repeat(np.arange(12, dtype=np.uint8), 24 * 32).reshape(12, 24, 32), id="labels"),
        pytest.param((body() + 1024).astype(np.uint16), id="without intercept"),
        pytest.param(np.clip((body() + 160) / 400 * 255, 0, 255).astype(np.uint8), id="windowed"),
        pytest.param((body() / 1000).astype(np.float32), id="normalised"),
        pytest.param(np.where(body() < -900, -2000, body() + 1024).astype(np.int16), id="raw with padding"),
    ],
)
def test_values_that_are_not_hounsfield_units(tmp_path: Path, voxels: np.ndarray) -> None:
    assert "Hounsfield" in refused(write(tmp_path / "scan.nrrd", voxels), "input.not_hu").sentence


def test_sheared_and_degenerate_axes(tmp_path: Path) -> None:
    sheared = np.array([[1, 0, 0.5, 0], [0, 1, 0, 0], [0, 0, 2, 0], [0, 0, 0, 1.0]])
    refused(write_nifti(tmp_path / "sheared.nii", sheared), "input.bad_geometry")
    flat = np.array([[1, 0, 1, 0], [0, 1, 0, 0], [0, 0, 0, 0], [0, 0, 0, 1.0]])
    refused(write_nifti(tmp_path / "flat.nii", flat), "input.bad_geometry")
    edit_nifti(tmp_path / "sheared.nii", 80, np.nan)
    refused(tmp_path / "sheared.nii", "input.bad_geometry")


def test_axes_that_are_no_numbers(tmp_path: Path) -> None:
    path = write_nifti(tmp_path / "scan.nii", np.diag([1, 1, 2, 1]))
    edit_nifti(path, 292, np.nan)  # the translation of srow_x
    refused(path, "input.bad_geometry")


def test_contradictory_spacing_is_refused(tmp_path: Path) -> None:
    path = write_nifti(tmp_path / "scan.nii", np.diag([1, 1, 2, 1]))
    edit_nifti(path, 88, 5.0)
    assert "contradicts" in refused(path, "input.bad_geometry").sentence


@pytest.mark.parametrize("spacing", [0.001, 100.0])
def test_a_volume_that_no_person_fits_is_refused(tmp_path: Path, spacing: float) -> None:
    path = write_nifti(tmp_path / "scan.nii", np.diag([spacing, spacing, 2 * spacing, 1]))
    assert "mm" in refused(path, "input.implausible_extent").sentence


def edit_nifti(path: Path, offset: int, *values: float) -> None:
    """Overwrite 4-byte floats of a NIfTI-1 header."""
    content = bytearray(path.read_bytes())
    content[offset : offset + 4 * len(values)] = np.array(values, "<f4").tobytes()
    path.write_bytes(content)


@pytest.mark.parametrize("order", ["<", ">"])
def test_both_byte_orders(tmp_path: Path, order: str) -> None:
    header = nibabel.Nifti1Header(endianness=order)
    nibabel.save(nibabel.Nifti1Image(body().T, np.diag([-1.5, -1.25, 2, 1]), header), tmp_path / "scan.nii")
    scan = read_study(tmp_path / "scan.nii")
    np.testing.assert_array_equal(scan.voxels, body())
    assert scan.grid.spacing_mm == pytest.approx((1.5, 1.25, 2.0))


def test_unstated_spacing(tmp_path: Path) -> None:
    path = write(tmp_path / "scan.mha")
    path.write_bytes(path.read_bytes().replace(b"ElementSpacing = 1.5 1.25 2\n", b""))
    refused(path, "input.no_spacing")
    path = write(tmp_path / "scan.nrrd")
    lines = path.read_bytes().split(b"\n")
    path.write_bytes(b"\n".join(line for line in lines if not line.startswith((b"space", b"kinds"))))
    refused(path, "input.no_spacing")
    path = write_nifti(tmp_path / "scan.nii", np.eye(4))
    edit_nifti(path, 80, 0, 0, 0)
    refused(path, "input.no_spacing")


def test_nifti_without_orientation_is_doubtful(tmp_path: Path) -> None:
    image = nibabel.Nifti1Image(body().T, None)
    image.header.set_zooms((1, 1, 2))
    nibabel.save(image, tmp_path / "scan.nii")
    assert codes(read_study(tmp_path / "scan.nii").notes)[0] == "input.no_orientation"


def test_more_voxels_than_memory(tmp_path: Path) -> None:
    header = nibabel.Nifti1Header()
    header.set_data_shape((32767, 32767, 32767))
    header["vox_offset"], header["magic"] = 352, b"n+1"
    (tmp_path / "huge.nii").write_bytes(header.binaryblock + bytes(4 + 1000))
    assert "GB" in refused(tmp_path / "huge.nii", "input.too_large").sentence


@pytest.mark.parametrize("ending", ENDINGS)
def test_damaged_files(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"scan.{ending}"
    path.write_bytes(b"this is no image at all")
    refused(path, "input.unreadable")


@pytest.mark.parametrize("ending", ["nii", "nii.gz", "nrrd", "mha"])
def test_truncated_files(tmp_path: Path, ending: str, capfd: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / f"scan.{ending}")
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * 2 // 3])
    refused(path, "input.unreadable")
    assert capfd.readouterr() == ("", "")  # the readers have their own say, to nobody


@pytest.mark.skipif(os.name == "nt", reason="names are Unicode there")
@pytest.mark.parametrize("ending", ["nii", "nrrd", "mha"])
def test_name_that_is_no_text(tmp_path: Path, ending: str) -> None:
    """ITK ends the whole process over it."""
    path = tmp_path / os.fsdecode(b"\xff." + ending.encode())
    path.write_bytes(write(tmp_path / f"scan.{ending}").read_bytes())
    assert "name" in refused(path, "input.bad_name").sentence


def test_series_cannot_be_chosen_in_an_image_file(tmp_path: Path) -> None:
    refused(write(tmp_path / "scan.nrrd"), "input.no_such_series", series="1.2.3")


def test_real_scans_read_and_real_label_maps_are_refused() -> None:
    files = sorted(real("ct").glob("*.nii.gz"))
    scans = [file for file in files if "_labels" not in file.name]
    assert len(scans) == 8
    for file in scans:
        scan = read_study(file)
        image = sitk.ReadImage(str(file))
        assert scan.grid == Grid.of(image)
        assert scan.notes == ()
        np.testing.assert_array_equal(scan.voxels, sitk.GetArrayViewFromImage(image))
    for file in set(files) - set(scans):
        refused(file, "input.not_hu")
