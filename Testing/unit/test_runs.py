"""Runs against plain numpy on the voxels."""

from __future__ import annotations

import numpy as np
import pytest
from OrganSegLib.runs import SLAB, Runs, find_runs
from OrganSegLib.volume import Grid, Labelmap

from Testing.unit.shapes import ORGANS


def _noise(dtype: type = np.uint8) -> Labelmap:
    """Five values of which 0 is background and 5 is nobody's, over more slices than are taken at a time."""
    grid = Grid((7, 5, 2 * SLAB + 3), (1.0, 1.0, 1.0))
    values = np.random.default_rng(3).choice([0, 1, 2, 3, 5], grid.shape, p=[0.3, 0.3, 0.2, 0.1, 0.1])
    return Labelmap(values.astype(dtype), grid, ORGANS)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_runs_hold_the_voxels_of_each_organ_that_is_there(dtype: type) -> None:
    labelmap = _noise(dtype)
    place = np.arange(labelmap.voxels.size).reshape(labelmap.voxels.shape)
    found = find_runs(labelmap)
    assert list(found) == [1, 2, 3]
    for label, runs in found.items():
        inside = labelmap.voxels == label
        assert np.array_equal(runs.values(place), place[inside])
        assert runs.voxels == inside.sum()
        assert np.array_equal(runs.per_slice, inside.sum(axis=(1, 2)))
        index = np.stack(np.nonzero(inside)[::-1])
        assert runs.centroid == pytest.approx(index.mean(axis=1))
        assert runs.covariance == pytest.approx(np.cov(index, bias=True))
        assert {tuple(end) for end in runs.ends.T} <= {tuple(voxel) for voxel in index.T}
        assert np.array_equal(runs.ends.min(axis=1), index.min(axis=1))
        assert np.array_equal(runs.ends.max(axis=1), index.max(axis=1))


def test_a_row_ends_a_run_and_a_full_row_is_one() -> None:
    grid = Grid((4, 3, 2), (1.0, 1.0, 1.0))
    (runs,) = find_runs(Labelmap(np.ones(grid.shape, np.uint8), grid, ORGANS)).values()
    assert runs.start.tolist() == [0, 4, 8, 12, 16, 20]
    assert set(runs.length) == {4}


def test_values_of_a_view_are_those_of_its_own_order() -> None:
    labelmap = _noise()
    turned = np.arange(labelmap.voxels.size).reshape(labelmap.voxels.shape[::-1]).transpose()
    runs = find_runs(labelmap)[2]
    assert np.array_equal(runs.values(turned), turned[labelmap.voxels == 2])
    assert (
        find_runs(Labelmap(np.asfortranarray(labelmap.voxels), labelmap.grid, ORGANS))[2].voxels
        == runs.voxels
    )


def test_an_empty_labelmap_has_no_runs() -> None:
    grid = Grid((4, 3, 2), (1.0, 1.0, 1.0))
    assert find_runs(Labelmap(np.zeros(grid.shape, np.uint8), grid, ORGANS)) == {}
    assert find_runs(Labelmap(np.ones(grid.shape, np.uint8), grid, {})) == {}


def test_labels_that_the_voxels_cannot_hold_are_absent() -> None:
    labelmap = _noise()
    found = find_runs(Labelmap(labelmap.voxels, labelmap.grid, {300: ORGANS[1], 2: ORGANS[2]}))
    assert list(found) == [2]
    assert isinstance(found[2], Runs)
