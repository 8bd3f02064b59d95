"""Patient space to network space."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from OrganSegLib import preprocess
from OrganSegLib.plan import Plan, Window
from OrganSegLib.volume import Grid, Scan

AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)
FLIPPED = (-1.0, 0.0, 0.0, 0.0, -1.0, 0.0, 0.0, 0.0, 1.0)
SAGITTAL = (0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, -1.0, 0.0)
C, S = np.cos(np.radians(20)), np.sin(np.radians(20))
TURNED = (C, -S, 0.0, S, C, 0.0, 0.0, 0.0, 1.0)


def _points(grid: Grid) -> NDArray[np.float64]:
    """LPS of every voxel, [k, j, i, xyz]."""
    k, j, i = np.indices(grid.shape)
    return np.stack([i, j, k], -1) @ grid.affine[:3, :3].T + grid.affine[:3, 3]


def _centred(
    size: tuple[int, int, int], spacing: tuple[float, float, float], direction: tuple[float, ...]
) -> Grid:
    grid = Grid(size, spacing, (0, 0, 0), direction)
    middle = grid.affine[:3, :3] @ ((np.array(size) - 1) / 2)
    x, y, z = (float(v) for v in -middle)
    return replace(grid, origin_mm=(x, y, z))


def _slope_scan(direction: tuple[float, ...]) -> Scan:
    """HU that rise by 2 per mm to the patient's left, 1 per mm to the back and 3 per mm to the head."""
    grid = _centred((40, 36, 32), (1.0, 1.25, 1.5), direction)
    return Scan((_points(grid) @ [2.0, 1.0, 3.0]).astype(np.float32), grid)


@pytest.mark.parametrize("direction", [AXIAL, FLIPPED, SAGITTAL, TURNED])
def test_values_stay_where_they_are_in_the_patient(direction: tuple[float, ...]) -> None:
    scan = _slope_scan(direction)
    hu, grid = preprocess.resample(scan, (3.0, 3.0, 3.0))
    assert grid.direction == AXIAL
    points = _points(grid)
    inside = np.abs(points).max(-1) < 12  # clear of the scan's border, in any direction
    assert inside.sum() > 100
    assert np.abs(hu - points @ [2.0, 1.0, 3.0])[inside].max() < 0.01


@pytest.mark.parametrize("direction", [AXIAL, FLIPPED, SAGITTAL, TURNED])
def test_the_network_grid_covers_the_scan_and_shares_its_centre(direction: tuple[float, ...]) -> None:
    scan = _slope_scan(direction)
    grid = preprocess.network_grid(scan.grid, (3.0, 3.0, 3.0))
    points, nodes = _points(scan.grid).reshape(-1, 3), _points(grid).reshape(-1, 3)
    assert nodes.mean(0) == pytest.approx(points.mean(0), abs=1e-6)
    assert (nodes.min(0) - 3 <= points.min(0)).all()
    assert (nodes.max(0) + 3 >= points.max(0)).all()


def test_a_thin_scan_has_one_plane() -> None:
    grid = preprocess.network_grid(Grid((10, 10, 1), (1.0, 1.0, 1.0)), (3.0, 3.0, 3.0))
    assert grid.size == (3, 3, 1)


def test_noise_is_averaged_and_not_picked() -> None:
    rng = np.random.default_rng(0)
    grid = Grid((60, 60, 60), (1.0, 1.0, 1.0))
    hu, _ = preprocess.resample(Scan(rng.normal(0, 30, grid.shape).astype(np.float32), grid), (3.0, 3.0, 3.0))
    assert hu.std() < 30 / np.sqrt(27) * 1.2


def test_an_incomplete_last_bin_is_no_air() -> None:
    grid = Grid((10, 11, 13), (1.0, 1.0, 1.0))
    hu, _ = preprocess.resample(Scan(np.full(grid.shape, 40, np.int16), grid), (3.0, 3.0, 3.0))
    assert np.all(hu == 40)


def test_outside_an_oblique_scan_is_air() -> None:
    grid = _centred((40, 40, 10), (1.0, 1.0, 3.0), TURNED)
    hu, _ = preprocess.resample(Scan(np.zeros(grid.shape, np.int16), grid), (3.0, 3.0, 3.0))
    assert hu[:, 0, 0] == pytest.approx(-1024)
    assert hu[:, hu.shape[1] // 2, hu.shape[2] // 2] == pytest.approx(0)


@pytest.mark.parametrize(
    ("direction", "aligned"), [(AXIAL, True), (FLIPPED, True), (SAGITTAL, True), (TURNED, False)]
)
def test_aligned(direction: tuple[float, ...], aligned: bool) -> None:
    assert preprocess.is_aligned(Grid((2, 2, 2), (1.0, 1.0, 1.0), (0, 0, 0), direction)) is aligned


def test_windows_become_channels() -> None:
    import torch

    hu = np.array([[[-2000.0, -60.0, 40.0, 140.0, 3000.0]]], np.float32)
    windows = (Window(-1000, 1000, 0, 500), Window(-160, 240, 40, 100))
    channels = preprocess.normalise(hu, windows)
    assert channels.dtype == np.float32
    assert channels[0, 0, 0] == pytest.approx([-2, -0.12, 0.08, 0.28, 2])
    assert channels[1, 0, 0] == pytest.approx([-2, -1, 0, 1, 2])
    assert np.array_equal(preprocess.normalise(torch.from_numpy(hu), windows).numpy(), channels)


def _body(shape: tuple[int, int, int] = (40, 40, 40)) -> NDArray[np.float32]:
    hu = np.full(shape, -1000, np.float32)
    hu[10:30, 12:32, 8:24] = 40
    return hu


def test_the_crop_is_the_body_and_a_margin() -> None:
    hu = _body()
    hu[2:4, 36:40, :] = 200  # the table
    box = preprocess.body_box(hu)
    for part, (first, last) in zip(box, [(10, 30), (12, 32), (8, 24)], strict=True):
        assert first - 3 <= part.start <= first - 1
        assert last + 1 <= part.stop <= last + 3


def test_the_crop_ends_where_the_scan_ends() -> None:
    assert preprocess.body_box(np.zeros((9, 10, 11), np.float32)) == (slice(0, 9), slice(0, 10), slice(0, 11))


def test_air_alone_is_not_cropped() -> None:
    box = preprocess.body_box(np.full((9, 10, 11), -1000, np.float32))
    assert box == (slice(0, 9), slice(0, 10), slice(0, 11))


@pytest.mark.parametrize("direction", [AXIAL, TURNED])
def test_a_cropped_grid_keeps_its_place(direction: tuple[float, ...]) -> None:
    grid = _centred((8, 9, 10), (1.0, 2.0, 3.0), direction)
    box = slice(1, 5), slice(2, 9), slice(3, 6)
    cropped = preprocess.crop_grid(grid, box)
    assert cropped.shape == (4, 7, 3)
    assert _points(cropped) == pytest.approx(_points(grid)[box])


def test_the_network_gets_padded_air_and_the_grid_of_the_crop(tiny_plan: Plan) -> None:
    scan = Scan(_body(), Grid((40, 40, 40), (3.0, 3.0, 3.0)))
    given = preprocess.preprocess(scan, tiny_plan)
    assert given.voxels.dtype == np.float32
    assert given.voxels.shape[0] == 2
    assert all(n % tiny_plan.multiple == 0 for n in given.voxels.shape[1:])
    z, y, x = given.grid.shape
    assert all(n <= m < n + 16 for n, m in zip((z, y, x), given.voxels.shape[1:], strict=True))
    assert np.all(given.voxels[:, z:] == -2)
    body = given.voxels[1, :z, :y, :x] == 0
    centre = _points(given.grid)[body].mean(0)
    assert centre == pytest.approx([15.5 * 3, 21.5 * 3, 19.5 * 3])


def _torso() -> NDArray[np.float32]:
    """A body with lungs and an arm beside it on a table, in air."""
    hu = np.full((6, 40, 60), -1000, np.float32)
    hu[:, 8:32, 10:50] = 40
    hu[:, 12:28, 14:28] = -850  # lung
    hu[:, 12:28, 54:58] = 40  # arm
    hu[:, 36, :] = 200  # table
    return hu


def test_lungs_belong_to_the_body_and_air_arm_and_table_do_not() -> None:
    body = preprocess.body_mask(_torso())
    expected = np.zeros(body.shape, bool)
    expected[:, 8:32, 10:50] = True
    assert np.array_equal(body, expected)


def test_a_lung_that_the_field_of_view_cuts_stays() -> None:
    cut = preprocess.body_mask(np.ascontiguousarray(_torso()[:, 8:32, 20:50]))
    assert cut.all()


def test_a_lung_that_is_open_to_where_nothing_was_scanned_stays() -> None:
    torso = _torso()
    torso[:, :20, :] = preprocess.AIR_HU
    body = preprocess.body_mask(torso)
    assert body[:, 20:32, 10:50].all()
    assert not body[:, 20:, :10].any()
    assert not body[:, :20].any()


def test_heavy_arms_do_not_hide_the_air_around_them() -> None:
    hu = _torso()
    hu[:, 4:34, 52:59] = hu[:, 4:34, 1:8] = 40
    assert not preprocess.body_mask(hu)[:, :, [0, 9, 51, 55]].any()


def test_an_empty_scan_has_no_body_to_leave_out() -> None:
    assert not preprocess.body_mask(np.full((4, 6, 8), -1000, np.float32)).any()
