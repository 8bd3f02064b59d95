from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from OrganSegLib.errors import InputError
from OrganSegLib.proximity import Target, margin_mask, measure_proximity, organ_surfaces
from OrganSegLib.proximity.surface import Surface
from OrganSegLib.volume import Grid, Labelmap

from Testing.unit.proximity.scenes import CLINICAL, ball, grid_over, labelled
from Testing.unit.shapes import DIRECTIONS, ORGANS, positions, two_organs

CENTRE = np.array([3.1, -4.3, 1.2])


def liver(direction: str = "oblique", radius_mm: float = 24.0) -> Labelmap:
    grid = grid_over(np.full(3, -27.0), np.full(3, 27.0), CLINICAL, direction)
    return labelled(grid, liver=ball(np.zeros(3), radius_mm))


@cache
def small_liver() -> tuple[Labelmap, dict[int, Surface]]:
    grid = grid_over(np.full(3, -17.0), np.full(3, 17.0), (1.1, 1.1, 2.0), "oblique")
    labelmap = labelled(grid, liver=ball(np.zeros(3), 12.0))
    return labelmap, organ_surfaces(labelmap)


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize(("radius_mm", "margin_mm"), [(0.0, 7.0), (6.0, 5.0), (9.0, 2.0)])
def test_a_margin_holds_the_voxels_that_are_near(direction: str, radius_mm: float, margin_mm: float) -> None:
    grid = liver(direction).grid
    mask = margin_mask(Target.of_point(tuple(CENTRE), radius_mm), grid, margin_mm)
    away = np.linalg.norm(positions(grid) - CENTRE, axis=-1) - radius_mm
    sure = np.abs(away - margin_mm) > 0.06
    np.testing.assert_array_equal(mask[sure], away[sure] <= margin_mm)


def test_a_margin_of_0_is_the_target() -> None:
    labelmap = liver()
    target = Target.of_organ(labelmap, "liver")
    np.testing.assert_array_equal(margin_mask(target, labelmap.grid, 0), labelmap.voxels == 1)


def test_future_liver_remnant() -> None:
    labelmap = liver()
    lesion = ball(CENTRE, 8.0)(positions(labelmap.grid))
    found = measure_proximity(labelmap, Target.of_mask(lesion, labelmap.grid), (10, 0, 5)).organs[0]
    assert found.status == "overlapping"
    assert found.distance_mm == 0
    assert [margin.mm for margin in found.margins] == [0, 5, 10]
    whole, voxel_ml = int((labelmap.voxels == 1).sum()), labelmap.grid.voxel_ml
    assert found.volume_ml == pytest.approx(whole * voxel_ml)
    assert found.overlap_ml == pytest.approx(lesion.sum() * voxel_ml)
    exact = found.margins[0]
    assert exact.inside_ml == pytest.approx(lesion.sum() * voxel_ml)
    assert exact.remaining_ml == pytest.approx((whole - lesion.sum()) * voxel_ml)
    assert exact.remaining_percent == pytest.approx(100 * (whole - lesion.sum()) / whole)
    assert found.margins[1].inside_ml == pytest.approx(4 / 3 * np.pi * 13**3 / 1000, rel=0.02)
    # The lesion's border is 24 - 8 - |CENTRE| = 10.6 mm from the capsule.
    assert [margin.leaves for margin in found.margins] == [False, False, False]


def test_margins_that_leave_the_organ() -> None:
    labelmap = liver()
    target = Target.of_point(tuple(CENTRE), 8.0)
    found = measure_proximity(labelmap, target, (9, 13)).organs[0]
    assert [margin.leaves for margin in found.margins] == [False, True]
    _, apart = two_organs()
    kidney = measure_proximity(apart, Target.of_organ(apart, "liver"), [5]).organs[0]
    assert kidney.margins[0].leaves is None


def test_a_lesion_left_out_of_the_organ_does_not_make_a_margin_leave_it() -> None:
    labelmap = liver()
    lesion = ball(CENTRE, 8.0)(positions(labelmap.grid))
    labels = np.where(lesion, 0, labelmap.voxels).astype(np.uint8)
    target = Target.of_mask(lesion, labelmap.grid)
    found = measure_proximity(Labelmap(labels, labelmap.grid, labelmap.organs), target, [5]).organs[0]
    assert found.status == "touching"
    assert found.overlap_ml == 0
    assert found.margins[0].leaves is False


@settings(max_examples=20, deadline=None)
@given(st.lists(st.floats(0, 12), min_size=2, max_size=4), st.tuples(*[st.floats(-15, 15)] * 3))
def test_margins_grow_with_their_radius(margins_mm: list[float], at: tuple[float, float, float]) -> None:
    labelmap, surfaces = small_liver()
    found = measure_proximity(labelmap, Target.of_point(at, 2.0), margins_mm, surfaces).organs[0]
    inside = [margin.inside_ml for margin in found.margins]
    assert inside == sorted(inside)
    for margin in found.margins:
        assert margin.inside_ml + margin.remaining_ml == pytest.approx(found.volume_ml)
        assert margin.inside_percent + margin.remaining_percent == pytest.approx(100)
        assert margin.inside_ml >= found.overlap_ml


@pytest.mark.parametrize("margins_mm", [[-1.0], [5.0, float("nan")], [float("inf")]])
def test_impossible_margins(margins_mm: list[float]) -> None:
    _, labelmap = two_organs()
    with pytest.raises(InputError) as error:
        measure_proximity(labelmap, Target.of_organ(labelmap, "liver"), margins_mm)
    assert error.value.code == "input.bad_margin"


def test_part_of_a_target_may_lie_outside_the_scan() -> None:
    grid = Grid((20, 20, 20), (1.0, 1.0, 1.0))
    labelmap = Labelmap(np.ones(grid.shape, np.uint8), grid, ORGANS)
    found = measure_proximity(labelmap, Target.of_point((-2.0, 9.5, 9.5), 6.0), [2]).organs[0]
    cap = np.pi * 4.5**2 * (3 * 6 - 4.5) / 3  # of the ball, from the first voxels' border on
    assert found.overlap_ml == pytest.approx(cap / 1000, rel=0.03)
    wider = np.pi * 6.5**2 * (3 * 8 - 6.5) / 3
    assert found.margins[0].inside_ml == pytest.approx(wider / 1000, rel=0.03)
