"""Slices are cut as radiologists look at them, whatever the grid."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from OrganSegLib.slices import Slice, best_positions, cut
from OrganSegLib.volume import Grid, Labelmap, Scan

from Testing.unit.shapes import DIRECTIONS, ORGANS, ball, grid_around, two_organs


def _centre_mm(view: Slice, label: int) -> NDArray[np.float64]:
    """Where a label lies in a picture, (down, right), relative to label 1."""
    centres = [np.argwhere(view.labels == n).mean(axis=0) for n in (label, 1)]
    return (centres[0] - centres[1]) * view.pixel_mm


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_left_is_right_and_the_head_is_up_on_every_grid(direction: str) -> None:
    scan, labelmap = two_organs(direction)
    axial, coronal, sagittal = cut(scan, labelmap)
    assert [view.plane.name for view in (axial, coronal, sagittal)] == ["Axial", "Coronal", "Sagittal"]
    # The left kidney lies 34 mm left of, 4 mm before and 4 mm above the liver.
    assert _centre_mm(axial, 2) == pytest.approx((-4.0, 34.0), abs=1.5)
    assert _centre_mm(coronal, 2) == pytest.approx((-4.0, 34.0), abs=1.5)
    assert axial.plane.marks == ("R", "L", "A", "P")


def test_hu_and_labels_are_those_of_the_place() -> None:
    scan, labelmap = two_organs("oblique")
    for view in cut(scan, labelmap):
        assert view.hu[view.labels == 1].mean() == pytest.approx(60.0, abs=5.0)
        assert view.hu[0, 0] < -900.0


def test_planes_go_through_the_organs() -> None:
    _, labelmap = two_organs("sagittal")
    left, posterior, superior = best_positions(labelmap)
    assert posterior == pytest.approx(-22.0, abs=4.0)
    assert superior == pytest.approx(302.0, abs=4.0)
    assert min(abs(left + 8.0), abs(left - 26.0)) < 4.0


def test_a_small_organ_counts_as_much_as_a_large_one() -> None:
    grid = grid_around((0.0, 0.0, 0.0))
    labels = np.zeros(grid.shape, np.uint8)
    labels[ball(grid, (0.0, 0.0, -12.0), 24.0)] = 1
    for label, left in ((2, -12.0), (3, 12.0)):
        labels[ball(grid, (left, 0.0, 28.0), 7.0)] = label
    assert best_positions(Labelmap(labels, grid, ORGANS))[2] > 20.0


def test_without_organs_the_middle_is_shown() -> None:
    scan, labelmap = two_organs()
    nothing = Labelmap(np.zeros_like(labelmap.voxels), labelmap.grid, ORGANS)
    assert best_positions(nothing) == pytest.approx((10.0, -20.0, 300.0))
    assert len(cut(scan, nothing)) == 3


def test_air_alone_is_shown_whole() -> None:
    grid = Grid((20, 20, 20), (1.0, 1.0, 1.0))
    air = Scan(np.full(grid.shape, -1000, np.int16), grid)
    view = cut(air, Labelmap(np.zeros(grid.shape, np.uint8), grid, ORGANS))[0]
    assert np.array(view.hu.shape) * view.pixel_mm == pytest.approx((19.0, 19.0), abs=0.1)


def test_the_table_is_left_out() -> None:
    scan, labelmap = two_organs()
    with_table = scan.voxels.copy()
    with_table[:, -1, :] = 200
    bare, tabled = (cut(Scan(hu, scan.grid), labelmap)[0].hu.shape for hu in (scan.voxels, with_table))
    assert bare == tabled


@pytest.mark.parametrize("size", [(30, 20, 1), (30, 1, 1), (1, 1, 1)])
def test_a_single_slice_row_or_voxel_is_cut_too(size: tuple[int, int, int]) -> None:
    grid = Grid(size, (1.0, 1.0, 5.0))
    scan = Scan(np.full(grid.shape, 40, np.int16), grid)
    for view in cut(scan, Labelmap(np.ones(grid.shape, np.uint8), grid, ORGANS)):
        assert view.hu.shape == view.labels.shape
        assert min(view.labels.shape) > 1
        assert (view.labels == 1).any()
