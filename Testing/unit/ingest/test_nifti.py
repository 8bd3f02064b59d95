"""NIfTI headers that no honest program writes."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path

import nibabel
import numpy as np
import pytest
from OrganSegLib.ingest import read_study

from Testing.unit.ingest.tiny_ct import body, codes, refused

AFFINE = np.diag([-1.5, -1.25, 2.0, 1.0])
VOX_OFFSET, SROW_X = 108, 280


def content(**forms: np.ndarray) -> bytearray:
    """A file with a qform and a sform."""
    image = nibabel.Nifti1Image(body().T, AFFINE)
    image.set_qform(forms.get("qform", AFFINE), 1)
    image.set_sform(forms.get("sform", AFFINE), 1)
    return bytearray(image.to_bytes())


@pytest.mark.parametrize("offset", [np.inf, -np.inf, np.nan, 3e38])
def test_voxels_at_an_absurd_place(tmp_path: Path, offset: float) -> None:
    path = tmp_path / "scan.nii"
    file = content()
    file[VOX_OFFSET : VOX_OFFSET + 4] = np.array(offset, "<f4").tobytes()
    path.write_bytes(file)
    refused(path, "input.unreadable")


def test_seeking_into_a_gzip_bomb(tmp_path: Path) -> None:
    """Forty gigabytes of zeros; the voxels would begin after three: nobody unpacks them to find out."""
    file = content()
    file[VOX_OFFSET : VOX_OFFSET + 4] = np.array(3e9, "<f4").tobytes()
    packer = zlib.compressobj(wbits=-15)
    start = packer.compress(file) + packer.flush(zlib.Z_FULL_FLUSH)
    zeros = packer.compress(bytes(2**20)) + packer.flush(zlib.Z_FULL_FLUSH)
    path = tmp_path / "scan.nii.gz"
    path.write_bytes(gzip.compress(b"")[:10] + start + zeros * 40_000)
    refused(path, "input.unreadable")


def test_axes_beyond_all_numbers(tmp_path: Path, recwarn: pytest.WarningsRecorder) -> None:
    file = content()
    file[SROW_X : SROW_X + 4] = np.array(3e38, "<f4").tobytes()
    (tmp_path / "scan.nii").write_bytes(file)
    refused(tmp_path / "scan.nii", "input.bad_geometry")
    assert not recwarn.list


def test_two_places_in_the_patient_are_doubtful(tmp_path: Path) -> None:
    path = tmp_path / "scan.nii"
    turned = AFFINE @ np.diag([-1.0, -1.0, 1.0, 1.0])
    moved = AFFINE + np.array([[0, 0, 0, 5]] + 3 * [[0, 0, 0, 0]])
    for forms in ({"sform": turned}, {"qform": turned}, {"qform": moved}):
        path.write_bytes(content(**forms))
        assert codes(read_study(path).notes) == ["input.two_orientations"]
    path.write_bytes(content())
    assert read_study(path).notes == ()


def test_nothing_is_printed_about_an_unknown_type(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    file = content()
    file[70:72] = b"\x00\x80"
    (tmp_path / "scan.nii").write_bytes(file)
    refused(tmp_path / "scan.nii", "input.unreadable")
    assert capfd.readouterr() == ("", "")
