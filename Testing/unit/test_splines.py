"""Resizing by splines, against SciPy's own of the whole volume."""

from __future__ import annotations

import numpy as np
import pytest
from OrganSegLib.splines import resize
from scipy import ndimage as ndi

VOLUME = np.random.default_rng(0).normal(size=(9, 14, 11)).astype(np.float32)


@pytest.mark.parametrize("order", [0, 1, 3])
@pytest.mark.parametrize("shape", [(5, 20, 11), (13, 7, 4)])
def test_axis_by_axis_is_the_same_as_all_at_once(order: int, shape: tuple[int, int, int]) -> None:
    resized = VOLUME
    for axis, size in enumerate(shape):
        resized = resize(resized, size, axis, order)
    zoom = np.divide(shape, VOLUME.shape)
    expected = ndi.zoom(VOLUME.astype(float), zoom, order=order, mode="nearest", grid_mode=True)
    assert resized.dtype == np.float32
    np.testing.assert_allclose(resized, expected, atol=1e-5)


def test_the_same_size_is_left_alone() -> None:
    assert resize(VOLUME, 9, 0, 3) is VOLUME
