"""Worse copies show the same person in the same place."""

from __future__ import annotations

import numpy as np
import pytest
from organseg_training.calibration.degraded import degraded
from OrganSegLib.phantom import make_phantom
from OrganSegLib.volume import Grid, Scan


@pytest.fixture(scope="module")
def scan() -> Scan:
    return make_phantom(3, (6.0, 6.0, 5.0), "abdomen")[0]


def test_every_change_is_what_its_name_says(scan: Scan) -> None:
    hu = scan.voxels.astype(np.float32)
    worse = dict(degraded(scan))
    assert len(worse) == 15
    assert (worse["noise 120 HU"].voxels - hu).std() == pytest.approx(120, rel=0.02)
    assert np.ptp(worse["shift -75 HU"].voxels - hu) == 0
    assert (worse["shift -75 HU"].voxels - hu).mean() == pytest.approx(-75)
    assert worse["blur 6 mm"].voxels.std() < worse["blur 3 mm"].voxels.std() < hu.std()
    along, within = (np.abs(np.diff(worse["slices 20 mm"].voxels - hu, axis=axis)).mean() for axis in (0, 2))
    assert along > within > 0
    assert worse["60% of the length"].voxels.shape[1:] == hu.shape[1:]
    for name, axes in (("60% of the length", (0,)), ("30% of the width", (1, 2))):
        kept = [n / whole for n, whole in zip(worse[name].voxels.shape, hu.shape, strict=True)]
        share = float(name[:2]) / 100
        assert kept == pytest.approx([share if axis in axes else 1 for axis in range(3)], abs=0.05)


def test_voxels_stay_where_they_are(scan: Scan) -> None:
    for name, shown in degraded(scan):
        corner = np.linalg.inv(scan.grid.affine) @ shown.grid.affine @ (0, 0, 0, 1)
        i, j, k = np.rint(corner[:3]).astype(int)
        assert corner[:3] == pytest.approx((i, j, k), abs=1e-6)
        assert shown.voxels.shape == shown.grid.shape
        if "of the" in name:
            z, y, x = shown.grid.shape
            np.testing.assert_array_equal(shown.voxels, scan.voxels[k : k + z, j : j + y, i : i + x])


def test_the_same_on_every_call(scan: Scan) -> None:
    for (_, one), (_, other) in zip(degraded(scan), degraded(scan), strict=True):
        np.testing.assert_array_equal(one.voxels, other.voxels)


def test_a_single_slice_has_copies_too() -> None:
    grid = Grid((12, 10, 1), (1.0, 1.0, 5.0))
    scan = Scan(np.arange(120, dtype=np.int16).reshape(grid.shape), grid)
    assert all(shown.voxels.size and np.isfinite(shown.voxels).all() for _, shown in degraded(scan))
