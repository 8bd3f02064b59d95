"""What a network of a MONAI bundle gets to see of a scan, and where that is in the patient."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from monai.data import MetaTensor
from monai.data.utils import compute_shape_offset, zoom_affine
from monai.transforms import NormalizeIntensity, ScaleIntensity, Spacing
from numpy.typing import NDArray
from OrganSegLib.plan import BundleInput, Plan
from OrganSegLib.preprocess import NetworkInput, preprocess
from OrganSegLib.volume import Grid, Scan

IDENTITY = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)
SAGITTAL = (0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, -1.0, 0.0)
TURNED = (0.8, -0.6, 0.0, 0.6, 0.8, 0.0, 0.0, 0.0, 1.0)


@pytest.fixture
def plan(foreign_plan: Plan) -> Plan:
    return replace(foreign_plan, bundle=BundleInput())


def noise(
    spacing: tuple[float, float, float] = (1.3, 3.0, 2.1),
    direction: tuple[float, ...] = IDENTITY,
    size: tuple[int, int, int] = (20, 16, 12),
) -> Scan:
    grid = Grid(size, spacing, (5.0, -7.0, 11.0), direction)
    return Scan(np.random.default_rng(0).integers(-1000, 1000, grid.shape).astype(np.int16), grid)


def slope(direction: tuple[float, ...]) -> Scan:
    """HU that rise by 2 per mm to the patient's left, 1 to the back and 3 to the head."""
    scan = noise((1.5, 3.0, 2.1), direction)
    return replace(scan, voxels=rising(scan.grid).astype(np.float32))


def rising(grid: Grid) -> NDArray[np.float64]:
    k, j, i = np.indices(grid.shape)
    points = np.stack([i, j, k], -1) @ grid.affine[:3, :3].T + grid.affine[:3, 3]
    return np.asarray(points @ [2.0, 1.0, 3.0] + 400)


def on_grid(seen: NetworkInput) -> NDArray[np.float32]:
    return np.asarray(seen.on_grid(seen.voxels)[0], np.float32)


@pytest.mark.parametrize("orientation", ["LPS", "RAS", "LAI"])
@pytest.mark.parametrize("direction", [IDENTITY, SAGITTAL])
def test_voxels_stay_where_they_are_whatever_the_network_calls_left(
    orientation: str, direction: tuple[float, ...], plan: Plan
) -> None:
    seen = preprocess(slope(direction), replace(plan, bundle=BundleInput(orientation)))
    inside = (slice(None, -1),) * 3 if orientation == "LPS" else (slice(1, -1),) * 3
    np.testing.assert_allclose(on_grid(seen)[inside], rising(seen.grid)[inside], atol=1e-2)


def test_an_oblique_scan_is_seen_along_the_patients_axes(plan: Plan) -> None:
    seen = preprocess(slope(TURNED), plan)
    values, expected = on_grid(seen), rising(seen.grid)
    inside = values != values.min()
    assert inside.mean() > 0.3
    assert np.median(np.abs(values - expected)[inside]) < 0.5


@pytest.mark.parametrize("size", [511, 512])
@pytest.mark.parametrize("old", [0.7, 0.75, 0.9765625, 0.699999988079071, 1.25, 5.0])
@pytest.mark.parametrize("new", [1.4, 1.5, 2.0, 3.0])
def test_the_grid_has_as_many_voxels_as_monais(size: int, old: float, new: float, plan: Plan) -> None:
    scan = Scan(np.zeros((2, 2, size), np.int16), Grid((size, 2, 2), (old, 2.0, 2.0)))
    affine = np.diag([old, 2.0, 2.0, 1.0])
    shape, _ = compute_shape_offset(
        (size, 2, 2), affine, zoom_affine(affine, (new, 2.0, 2.0), diagonal=False)
    )
    way = BundleInput("LPS")
    assert preprocess(scan, replace(plan, bundle=way, spacing_mm=(new, 2.0, 2.0))).grid.size == tuple(shape)


@pytest.mark.parametrize(
    "size", [(20, 16, 12), (20, 20, 20), (21, 17, 13)]
)  # which end between or beyond voxels
def test_resampling_is_monais(size: tuple[int, int, int], plan: Plan) -> None:
    scan = noise(size=size)
    image = MetaTensor(scan.voxels.T[None].astype(np.float32), affine=np.diag([*scan.grid.spacing_mm, 1]))
    theirs = Spacing((2.0, 2.0, 2.0), mode="bilinear")(image)
    seen = preprocess(scan, replace(plan, bundle=BundleInput("LPS")))
    np.testing.assert_allclose(on_grid(seen), np.asarray(theirs[0]).T, atol=0.01)


def test_an_hu_of_zero_among_others_is_not_left_out_where_scans_are_resampled(plan: Plan) -> None:
    scan = noise((1.0, 1.0, 1.0))
    scan.voxels[6, 8, 10] = 0
    scan.voxels[:, :5] = 0
    seen = on_grid(preprocess(scan, replace(plan, bundle=BundleInput("LPS"))))
    assert 0 < abs(seen[3, 4, 5]) < 1e-3
    assert not seen[:, :2].any()


@pytest.mark.parametrize("spacing", [2.0, 2.0005, 2.0015])
def test_a_scan_of_the_networks_spacing_is_left_as_it_is(spacing: float, plan: Plan) -> None:
    scan = noise((2.0, spacing, 2.0))
    seen = preprocess(scan, plan)
    assert seen.grid == scan.grid
    np.testing.assert_array_equal(on_grid(seen), scan.voxels)
    image = MetaTensor(scan.voxels.T[None].astype(np.float32), affine=np.diag([2.0, spacing, 2.0, 1]))
    np.testing.assert_array_equal(Spacing((2.0, 2.0, 2.0), mode="bilinear")(image), image)


@pytest.mark.parametrize("nonzero", [True, False])
def test_intensities_are_scaled_as_by_monai(nonzero: bool, plan: Plan) -> None:
    scan = noise((2.0, 2.0, 2.0))
    scan.voxels[:, :5] = 0
    theirs = ScaleIntensity(-1, 1)(NormalizeIntensity(nonzero=nonzero)(scan.voxels.astype(np.float32)))
    way = BundleInput(standardise="zero" if nonzero else "image", span=(-1.0, 1.0))
    np.testing.assert_allclose(on_grid(preprocess(scan, replace(plan, bundle=way))), theirs, atol=1e-5)


def test_a_scan_of_one_value_is_no_division_by_zero(plan: Plan) -> None:
    scan = replace(noise((2.0, 2.0, 2.0)), voxels=np.full((12, 16, 20), 7, np.int16))
    way = BundleInput(standardise="zero", span=(-1.0, 1.0))
    assert not on_grid(preprocess(scan, replace(plan, bundle=way))).any()


@pytest.mark.parametrize("padding", ["constant", "replicate"])
def test_a_small_scan_is_filled_up_on_both_sides(padding: str, plan: Plan) -> None:
    scan = replace(noise((2.0, 2.0, 2.0)), voxels=np.full((12, 16, 20), 7, np.int16))
    seen = preprocess(scan, replace(plan, patch=(8, 8, 15), bundle=BundleInput("LPS", padding=padding)))
    assert seen.voxels.shape == (1, 16, 16, 20)
    around = seen.voxels[0, [0, 1, 14, 15]]
    assert np.unique(around).tolist() == ([0.0] if padding == "constant" else [7.0])
    np.testing.assert_array_equal(on_grid(seen), scan.voxels)


def test_the_whole_body_at_once_is_cropped_after_it_was_scaled(plan: Plan) -> None:
    voxels = np.full((12, 16, 20), -1000, np.int16)
    voxels[:, 5:11, 6:14] = 40
    scan = replace(noise((2.0, 2.0, 2.0)), voxels=voxels)
    way = BundleInput("LPS", span=(-1.0, 1.0))
    seen = preprocess(scan, replace(plan, field_of_view="whole", bundle=way))
    assert seen.grid.size[0] < 20
    assert (on_grid(seen).min(), on_grid(seen).max()) == (-1, 1)
