"""Tiles and weights as MONAI's own sliding window has them."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from monai.data.utils import compute_importance_map, dense_patch_slices
from monai.inferers.utils import _get_scan_interval
from OrganSegLib.plan import BundleInput
from OrganSegLib.sliding_window import SlidingWindow


@pytest.mark.parametrize("overlap", [0.0, 0.25, 0.5, 0.6, 0.9])
@pytest.mark.parametrize("whole", [(40, 33, 16), (16, 16, 16), (17, 64, 95)])
def test_tiles_lie_where_monai_lays_them(whole: tuple[int, int, int], overlap: float) -> None:
    tile = (16, 12, 16)
    step = _get_scan_interval(whole, tile, 3, [overlap] * 3)
    window = SlidingWindow(BundleInput(overlap=overlap))
    assert [box for box, _ in window.tiles(whole, tile)] == dense_patch_slices(whole, tile, step)
    assert window.count(whole, tile) == len(dense_patch_slices(whole, tile, step))


@pytest.mark.parametrize("mode", ["constant", "gaussian"])
def test_weights_are_monais_and_sum_to_one(mode: str) -> None:
    whole, tile = (40, 33, 16), (16, 12, 16)
    total, theirs = np.zeros(whole), np.zeros(whole)
    weights = compute_importance_map(tile, mode, dtype=torch.float32).numpy()
    for box, _ in SlidingWindow(BundleInput(weights=mode)).tiles(whole, tile):
        theirs[box] += weights
    for box, ours in SlidingWindow(BundleInput(weights=mode)).tiles(whole, tile):
        total[box] += ours
        np.testing.assert_allclose(ours, weights / theirs[box], rtol=1e-4)
    np.testing.assert_allclose(total, 1, rtol=1e-5)
