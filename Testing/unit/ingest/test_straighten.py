"""Slices that lie unevenly or drift sideways: resampled with every point staying where it is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray
from OrganSegLib.ingest import read_study
from OrganSegLib.volume import Scan

from Testing.unit.ingest.tiny_ct import along_z, body, codes, real, refused, write_series

BALL_CENTRE = np.array([5.0, 8.0, 20.0])


def scene(points: NDArray[np.float64]) -> NDArray[np.int16]:
    """HU at LPS ``points`` [..., 3]: a bony ball in a wide column of water in air."""
    off = points - BALL_CENTRE
    hu = np.where(np.hypot(off[..., 0], off[..., 1]) < 25, 0.0, -1000.0)
    # A soft edge, so that interpolation is exact to a fraction of a voxel.
    ball = np.clip(10 - np.linalg.norm(off, axis=-1), 0, 4) / 4
    return np.rint(hu + 1000 * ball).astype(np.int16)


def write_scene(folder: Path, origins: NDArray[np.float64], orientation: list[float], size: int = 48) -> None:
    """Slices through the scene, one at each of ``origins``, as a scanner of that geometry takes them."""
    row, column = np.reshape(orientation, (2, 3))
    j, i = np.mgrid[:size, :size]
    grid = 1.25 * i[..., None] * row + 1.5 * j[..., None] * column
    hu = np.stack([scene(origin + grid) for origin in origins])

    def tilt(data: pydicom.Dataset, _: int) -> None:
        data.ImageOrientationPatient = orientation

    write_series(folder, hu, origins.tolist(), tilt)


def ball_centre(scan: Scan) -> NDArray[np.float64]:
    """LPS centre of what is denser than water."""
    weights = np.clip(scan.voxels.astype(float) - 100, 0, None)
    k, j, i = np.nonzero(weights)
    index = np.stack([i, j, k, np.ones_like(i)])
    return np.average(scan.grid.affine @ index, axis=1, weights=weights[k, j, i])[:3]


@pytest.mark.parametrize("degrees", [18.5, -12.0])
def test_tilted_gantry_is_straightened_in_place(tmp_path: Path, degrees: float) -> None:
    angle = np.deg2rad(degrees)
    orientation = [1, 0, 0, 0, np.cos(angle), -np.sin(angle)]
    origins = np.array([[-25.0, -28.0, 2.0 * n] for n in range(24)])
    write_scene(tmp_path, origins, orientation)
    scan = read_study(tmp_path)
    assert codes(scan.notes) == ["input.gantry_tilt"]
    assert f"{abs(degrees):.1f} degrees" in scan.notes[0].sentence
    axes = np.reshape(scan.grid.direction, (3, 3))
    np.testing.assert_allclose(axes.T @ axes, np.eye(3), atol=1e-9)
    np.testing.assert_allclose(ball_centre(scan), BALL_CENTRE, atol=0.1)
    # The widened grid holds both ends of the series.
    corners = np.linalg.inv(scan.grid.affine) @ np.array([[*origins[0], 1], [*origins[-1], 1]]).T
    assert (corners[:3].T > -1e-6).all()
    assert (np.array(scan.grid.size) > corners[:3].T).all()


def test_uneven_spacing_is_made_even(tmp_path: Path) -> None:
    z = np.concatenate([np.arange(0, 20, 2.0), np.arange(20.0, 45, 3.1)])
    write_scene(tmp_path, np.array([[-25.0, -28.0, place] for place in z]), [1, 0, 0, 0, 1, 0])
    scan = read_study(tmp_path)
    assert codes(scan.notes) == ["input.uneven_spacing"]
    assert "2.00 to 3.10 mm" in scan.notes[0].sentence
    np.testing.assert_allclose(ball_centre(scan), BALL_CENTRE, atol=0.1)
    top = scan.grid.origin_mm[2] + scan.grid.spacing_mm[2] * (scan.grid.size[2] - 1)
    assert (scan.grid.origin_mm[2], top) == pytest.approx((z[0], z[-1]))


def test_small_gap_is_interpolated_and_told(tmp_path: Path) -> None:
    hu = body(20)
    kept = [n for n in range(20) if n not in (7, 8)]
    write_series(tmp_path, hu[kept], [along_z(20)[n] for n in kept])
    scan = read_study(tmp_path)
    assert codes(scan.notes) == ["input.missing_slices"]
    assert scan.notes[0].sentence.startswith("2 slices are missing, between 112.0 and 118.0 mm")
    assert scan.grid.size[2] == 20
    assert scan.grid.spacing_mm[2] == pytest.approx(2.0)
    np.testing.assert_array_equal(scan.voxels[kept], hu[kept])
    np.testing.assert_allclose(scan.voxels[7], (2 * hu[6].astype(float) + hu[9]) / 3, atol=0.6)


def test_positions_written_with_few_decimals_are_even(tmp_path: Path) -> None:
    places = [(x, y, round(z, 1)) for x, y, z in along_z(20, step=0.625)]
    write_series(tmp_path, body(20), places)
    scan = read_study(tmp_path)
    assert scan.notes == ()
    assert scan.grid.spacing_mm[2] == pytest.approx(0.625, abs=0.01)


def test_crowded_slices_do_not_multiply_the_volume(tmp_path: Path) -> None:
    crowded = [(-20.0, -10.0, 0.02 * n) for n in range(11)]
    write_series(tmp_path, body(20), crowded + [(-20.0, -10.0, 2.0 * n) for n in range(1, 10)])
    assert read_study(tmp_path).grid.size[2] <= 40


def test_crowded_slices_that_make_too_few_planes(tmp_path: Path) -> None:
    write_series(tmp_path, body(9), [(-20.0, -10.0, z) for z in (0, 0.1, 2, 4, 6, 8, 10, 10.1, 12)])
    assert "7 slices" in refused(tmp_path, "input.too_few_slices").sentence


def test_copied_slices_are_used_once(tmp_path: Path) -> None:
    paths = write_series(tmp_path)
    for n in (2, 5):
        (tmp_path / f"copy of {n}.dcm").write_bytes(paths[n].read_bytes())
    scan = read_study(tmp_path)
    assert codes(scan.notes) == ["input.duplicate_slices"]
    assert scan.notes[0].sentence.startswith("2 slices")
    np.testing.assert_array_equal(scan.voxels, body())


def test_real_tilted_and_uneven_head() -> None:
    scan = read_study(real("dicom/gantry_tilt_head"))
    assert codes(scan.notes)[:2] == ["input.uneven_spacing", "input.gantry_tilt"]
    assert "18.5 degrees" in scan.notes[1].sentence
    assert scan.grid.spacing_mm == pytest.approx((0.4882812, 0.4882812, 4.0), abs=0.01)
    axes = np.reshape(scan.grid.direction, (3, 3))
    np.testing.assert_allclose(axes.T @ axes, np.eye(3), atol=1e-6)
    # Straightened, a head is one block: its middle does not wander from slice to slice.
    middles = [np.argwhere(plane > -200).mean(axis=0)[1] for plane in scan.voxels[8:28]]
    assert np.abs(np.diff(middles)).max() < 20
