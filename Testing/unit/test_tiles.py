from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from numpy.typing import NDArray
from OrganSegLib import tiles
from OrganSegLib.errors import Cancelled
from OrganSegLib.plan import Plan
from OrganSegLib.progress import Progress
from OrganSegLib.tiles import run_tiles, smallest_shape, tile_shapes, tiled_bytes
from OrganSegLib.tilings import EvenTiles


def pointwise(voxels: NDArray[np.float32]) -> NDArray[np.float32]:
    """A network without a neighbourhood: tiles must not change its result at all."""
    return np.stack([voxels[0, 0], 2 * voxels[0, 1], voxels[0, 0] - voxels[0, 1]])


def noise(*shape: int) -> NDArray[np.float32]:
    return np.random.default_rng(0).normal(size=(2, *shape)).astype(np.float32)


def test_the_smallest_shape_is_the_patch_in_array_order_and_multiples(tiny_plan: Plan) -> None:
    plan = dataclasses.replace(tiny_plan, patch=(96, 80, 60), multiple=16)
    assert smallest_shape(plan) == (64, 80, 96)


def test_tiles_shrink_to_the_patch_and_stay_multiples(tiny_plan: Plan) -> None:
    shapes = list(tile_shapes((160, 48, 80), tiny_plan))
    assert shapes[:2] == [(160, 48, 80), (80, 48, 80)]
    assert shapes[-1] == (32, 32, 32)
    assert all(n % 16 == 0 and n >= 32 for shape in shapes for n in shape)
    sizes = [np.prod(shape) for shape in shapes]
    assert sizes == sorted(sizes, reverse=True)
    assert len(set(shapes)) == len(shapes)


def test_a_volume_of_one_patch_has_one_shape(tiny_plan: Plan) -> None:
    assert list(tile_shapes((32, 32, 32), tiny_plan)) == [(32, 32, 32)]


@pytest.mark.parametrize("whole", [(40, 32, 48), (33, 32, 95), (32, 32, 32)])
def test_blended_tiles_equal_the_whole(whole: tuple[int, int, int]) -> None:
    voxels = noise(*whole)
    blended = run_tiles(pointwise, voxels, 3, (32, 32, 32), Progress())
    np.testing.assert_allclose(blended, pointwise(voxels[None]), atol=1e-5)
    assert blended.dtype == np.float32


def test_a_neighbourhood_is_cut_at_tile_borders_without_a_trace() -> None:
    def mean_of_three(voxels: NDArray[np.float32]) -> NDArray[np.float32]:
        padded = np.pad(voxels[0], [(0, 0), (0, 0), (0, 0), (1, 1)])
        return (padded[..., :-2] + padded[..., 1:-1] + padded[..., 2:]) / 3

    voxels = noise(32, 32, 80)
    blended = run_tiles(mean_of_three, voxels, 2, (32, 32, 32), Progress())
    np.testing.assert_allclose(blended, mean_of_three(voxels[None]), atol=0.005)


def test_the_centre_of_a_tile_counts_most() -> None:
    calls = iter((0.0, 1.0))

    def network(voxels: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.full((3, *voxels.shape[2:]), next(calls), np.float32)

    seam = run_tiles(network, noise(32, 32, 48), 3, (32, 32, 32), Progress())[0, 0, 0]
    assert np.all(np.diff(seam) >= 0)
    assert (seam[0], seam[-1]) == (0, 1)
    assert seam[23] == pytest.approx(1 - seam[24], abs=1e-5)
    assert seam[18] < 0.01


def test_the_weights_may_peak_on_a_voxel() -> None:
    """Two tiles of 32 overlap on voxels 16 to 31: peaks on 16 and 32 are equally far from voxel 24."""
    calls = iter((0.0, 1.0))

    def network(voxels: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.full((3, *voxels.shape[2:]), next(calls), np.float32)

    seam = run_tiles(network, noise(32, 32, 48), 3, (32, 32, 32), Progress(), EvenTiles(on_voxel=True))[
        0, 0, 0
    ]
    assert seam[24] == pytest.approx(0.5, abs=1e-5)


def test_tiles_may_overlap_less() -> None:
    voxels = noise(32, 32, 90)
    blended = run_tiles(pointwise, voxels, 3, (32, 32, 32), Progress(), EvenTiles(0.8))
    np.testing.assert_allclose(blended, pointwise(voxels[None]), atol=1e-5)
    assert [EvenTiles(step).count((32, 32, 90), (32, 32, 32)) for step in (0.5, 0.8, 1.0)] == [5, 4, 3]


def test_slices_are_seen_once_each() -> None:
    ran: list[int] = []

    def network(voxels: NDArray[np.float32]) -> NDArray[np.float32]:
        ran.append(voxels.shape[2])
        return pointwise(voxels)

    run_tiles(network, noise(5, 32, 32), 3, (1, 32, 32), Progress())
    assert ran == [1] * 5


def test_progress_tells_the_fraction_of_tiles_done() -> None:
    told: list[float] = []
    voxels = noise(64, 32, 48)
    run_tiles(pointwise, voxels, 3, (32, 32, 32), Progress(lambda stage, fraction: told.append(fraction)))
    count = EvenTiles().count(voxels.shape[1:], (32, 32, 32))
    assert count == 6
    assert told == [n / count for n in range(count)]


def test_cancel_stops_between_two_tiles() -> None:
    ran: list[int] = []

    def network(voxels: NDArray[np.float32]) -> NDArray[np.float32]:
        ran.append(1)
        return pointwise(voxels)

    with pytest.raises(Cancelled):
        run_tiles(network, noise(64, 32, 32), 3, (32, 32, 32), Progress(cancelled=lambda: len(ran) == 2))
    assert len(ran) == 2


def test_large_results_are_kept_in_half_precision(monkeypatch: pytest.MonkeyPatch) -> None:
    assert tiled_bytes(118, (533, 133, 100)) == 2 * 118 * 533 * 133 * 100
    assert tiled_bytes(22, (533, 133, 100)) == 4 * 22 * 533 * 133 * 100
    monkeypatch.setattr(tiles, "HALF_PRECISION_ABOVE", 0)
    voxels = noise(32, 32, 48)
    blended = run_tiles(pointwise, voxels, 3, (32, 32, 32), Progress())
    assert blended.dtype == np.float16
    np.testing.assert_allclose(blended, pointwise(voxels[None]), atol=0.01)
