"""What a network of nnU-Net gets to see of a scan, and where that is in the patient."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import scipy.ndimage as ndi
from numpy.typing import NDArray
from OrganSegLib.errors import ModelError
from OrganSegLib.plan import NnUNetInput, Plan
from OrganSegLib.preprocess import NetworkInput, preprocess
from OrganSegLib.volume import Grid, Scan

IDENTITY = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)
SAGITTAL = (0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, -1.0, 0.0)
TURNED = (0.8, -0.6, 0.0, 0.6, 0.8, 0.0, 0.0, 0.0, 1.0)


@pytest.fixture
def plan(foreign_plan: Plan) -> Plan:
    return replace(foreign_plan, nnunet=NnUNetInput(orientation="RAS"))


def slope(direction: tuple[float, ...] = IDENTITY, spacing: tuple[float, float, float] = (2, 2, 2)) -> Scan:
    """HU that rise by 2 per mm to the patient's left, 1 to the back and 3 to the head."""
    grid = Grid((20, 16, 12), spacing, (5.0, -7.0, 11.0), direction)
    return Scan((_points(grid) @ [2.0, 1.0, 3.0] + 400).astype(np.float32), grid)


def _points(grid: Grid) -> NDArray[np.float64]:
    k, j, i = np.indices(grid.shape)
    return np.stack([i, j, k], -1) @ grid.affine[:3, :3].T + grid.affine[:3, 3]


def _on_grid(seen: NetworkInput) -> NDArray[np.float32]:
    return np.asarray(seen.on_grid(seen.voxels)[0], np.float32)


@pytest.mark.parametrize("orientation", ["LPS", "RAS", "LAI"])
@pytest.mark.parametrize("direction", [IDENTITY, SAGITTAL])
def test_voxels_stay_where_they_are_whatever_the_network_calls_left(
    orientation: str, direction: tuple[float, ...], plan: Plan
) -> None:
    scan = slope(direction)
    seen = preprocess(scan, replace(plan, nnunet=NnUNetInput(orientation)))
    expected = _points(seen.grid) @ [2.0, 1.0, 3.0] + 400
    np.testing.assert_allclose(_on_grid(seen), expected, atol=1e-2)
    assert seen.grid.voxels == scan.grid.voxels


def test_the_network_sees_its_own_orientation(plan: Plan) -> None:
    seen = preprocess(slope(), plan).voxels[0]
    steps = [float(np.median(np.diff(seen, axis=axis))) for axis in (2, 1, 0)]
    np.testing.assert_allclose(steps, [-4, -2, 6], atol=1e-3)


def test_an_oblique_scan_is_seen_along_the_patients_axes(plan: Plan) -> None:
    seen = preprocess(slope(TURNED), plan)
    values, expected = _on_grid(seen), _points(seen.grid) @ [2.0, 1.0, 3.0] + 400
    inside = values != values.min()
    assert inside.mean() > 0.3
    assert np.median(np.abs(values - expected)[inside]) < 0.5


def test_splines_reach_the_networks_spacing_between_the_same_outer_faces(plan: Plan) -> None:
    seen = preprocess(slope(spacing=(1.5, 3.0, 2.1)), plan)
    assert seen.grid.size == (15, 24, 13)
    assert seen.grid.spacing_mm == pytest.approx((2.0, 2.0, 12 * 2.1 / 13))
    inner = (slice(2, -2),) * 3
    expected = _points(seen.grid) @ [2.0, 1.0, 3.0] + 400
    np.testing.assert_allclose(_on_grid(seen)[inner], expected[inner], atol=2)


def test_zeros_around_the_scan_are_left_out(plan: Plan) -> None:
    scan = slope()
    voxels = np.zeros((30, 30, 30), np.float32)
    voxels[4:16, 5:21, 6:26] = scan.voxels
    seen = preprocess(Scan(voxels, Grid((30, 30, 30), (2, 2, 2))), plan)
    assert seen.grid.size == (20, 16, 12)
    assert seen.grid.origin_mm == (12.0, 10.0, 8.0)


def test_a_scan_of_zeros_alone_is_kept_whole(plan: Plan) -> None:
    scan = Scan(np.zeros((10, 12, 14), np.int16), Grid((14, 12, 10), (2, 2, 2)))
    assert preprocess(scan, plan).grid.size == (14, 12, 10)


def test_a_small_scan_is_padded_on_both_sides_with_what_is_normal(plan: Plan) -> None:
    seen = preprocess(slope(), replace(plan, patch=(32, 16, 17)))
    assert seen.voxels.shape == (1, 18, 16, 32)
    assert np.all(seen.voxels[0, :3] == 0)
    assert np.all(seen.voxels[0, :, :, -6:] == 0)
    np.testing.assert_allclose(_on_grid(seen), _points(seen.grid) @ [2.0, 1.0, 3.0] + 400, atol=1e-2)


@pytest.mark.parametrize(("how", "size"), [("image", 12 * 16 * 20), ("zero", 12 * 16 * 20 - 80)])
def test_standardised_images_have_mean_0_and_deviation_1(how: str, size: int, plan: Plan) -> None:
    scan = slope()
    scan.voxels[:4, 0] = 0  # a notch: 80 voxels, open to the outside
    seen = preprocess(scan, replace(plan, nnunet=NnUNetInput(standardise=how))).voxels
    counted = seen[seen != 0] if how == "zero" else seen
    assert counted.size == size
    assert counted.mean() == pytest.approx(0, abs=1e-3)
    assert counted.std() == pytest.approx(1, abs=1e-3)


def test_thick_slices_are_not_mixed(plan: Plan) -> None:
    """Slices of 8 mm in 2 mm pixels: each network slice is one of the scan's."""
    scan = slope(spacing=(2.0, 2.0, 8.0))
    seen = preprocess(scan, plan)
    assert seen.grid.size == (20, 16, 48)
    for k, plane in enumerate(_on_grid(seen)):
        np.testing.assert_allclose(plane, scan.voxels[k // 4], atol=1e-3)


def test_totalsegmentator_shrinks_linearly_between_the_outermost_voxels(plan: Plan) -> None:
    noise = np.random.default_rng(0).integers(-1000, 1000, (12, 16, 20)).astype(np.int16)
    scan = Scan(noise, Grid((20, 16, 12), (1.5, 3.0, 2.1), (5.0, -7.0, 11.0)))
    seen = preprocess(scan, replace(plan, nnunet=NnUNetInput(shrunk=True)))
    zoomed = ndi.zoom(noise.astype(float), (2.1 / 2, 3 / 2, 1.5 / 2), order=1, mode="nearest")
    assert np.mean(_on_grid(seen) == np.trunc(zoomed)) > 0.999
    np.testing.assert_allclose(_on_grid(seen), zoomed, atol=1)
    assert seen.grid.size == (15, 24, 13)
    assert seen.grid.origin_mm == scan.grid.origin_mm
    last = seen.grid.affine @ [*np.array(seen.grid.size) - 1, 1]
    np.testing.assert_allclose(last, scan.grid.affine @ [19, 15, 11, 1])


def test_a_scan_of_the_networks_spacing_is_not_shrunk(plan: Plan) -> None:
    seen = preprocess(slope(), replace(plan, nnunet=NnUNetInput(shrunk=True)))
    np.testing.assert_array_equal(_on_grid(seen), slope().voxels)


def test_the_whole_body_is_seen_at_once_where_the_plan_allows(plan: Plan) -> None:
    voxels = np.full((24, 40, 44), -1000, np.int16)
    voxels[4:20, 10:30, 11:31] = 40
    scan = Scan(voxels, Grid((44, 40, 24), (2, 2, 2)))
    tiled = preprocess(scan, plan)
    whole = preprocess(scan, replace(plan, field_of_view="whole", multiple=(8, 4, 2)))
    assert tiled.grid.voxels == scan.grid.voxels
    assert whole.grid.voxels < tiled.grid.voxels
    assert [n % m for n, m in zip(whole.voxels.shape[:0:-1], (8, 4, 2), strict=True)] == [0, 0, 0]


@pytest.mark.parametrize(
    "wrong",
    [{"orientation": "RASP"}, {"orientation": "SPL"}, {"order": 9}, {"standardise": "maybe"}, {"step": 0.01}],
)
def test_what_cannot_be_is_refused(wrong: dict[str, str | float]) -> None:
    with pytest.raises(ModelError) as caught:
        NnUNetInput(**wrong)  # type: ignore[arg-type]
    assert caught.value.code == "model.bad_plan"
