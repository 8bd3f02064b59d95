import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from OrganSegLib.proximity import OrganProximity, Target, distance, measure_proximity, organ_surfaces
from OrganSegLib.proximity.distance import Departure
from OrganSegLib.volume import Grid, Labelmap

from Testing.unit.proximity.scenes import FINE, ball, grid_over, labelled
from Testing.unit.shapes import DIRECTIONS, ORGANS, two_organs

TENTH_MM = 0.1


def measured(labelmap: Labelmap, target: Target, name: str) -> OrganProximity:
    found = measure_proximity(labelmap, target, ())
    return next(organ for organ in found.organs if organ.name == name)


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize(("towards", "gap_mm"), [((1.0, 2.0, 2.0), 2.0), ((-2.0, 1.0, 0.3), 6.0)])
def test_two_spheres(direction: str, towards: tuple[float, ...], gap_mm: float) -> None:
    """On voxels of 0.25 x 0.25 x 0.5 mm, in any direction, to a tenth of a millimetre."""
    radii = 4.0, 5.0
    unit = np.array(towards) / np.linalg.norm(towards)
    here = np.array([31.3, -18.7, 402.1])
    there = here + unit * (sum(radii) + gap_mm)
    grid = grid_over(np.minimum(here, there) - 6, np.maximum(here, there) + 6, FINE, direction)
    labelmap = labelled(grid, spleen=ball(here, radii[0]), liver=ball(there, radii[1]))
    organ = measured(labelmap, Target.of_organ(labelmap, "spleen"), "liver")
    assert organ.status == "apart"
    assert organ.distance_mm == pytest.approx(gap_mm, abs=TENTH_MM)
    # The mean distance of a sphere's points to a place at D is D + r^2 / 3D.
    between = sum(radii) + gap_mm
    mean = between + radii[0] ** 2 / (3 * between) - radii[1]
    assert organ.mean_distance_mm == pytest.approx(mean, abs=TENTH_MM)
    assert np.linalg.norm(np.array(organ.on_target) - here) == pytest.approx(radii[0], abs=TENTH_MM)
    assert np.linalg.norm(np.array(organ.on_organ) - there) == pytest.approx(radii[1], abs=TENTH_MM)
    apart = np.subtract(organ.on_organ, organ.on_target)
    assert np.linalg.norm(apart) == pytest.approx(organ.distance_mm)
    assert apart @ unit == pytest.approx(organ.distance_mm, abs=TENTH_MM)


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize(("axis", "voxels"), [(0, 3), (1, 7), (2, 5)])
def test_blocks_of_voxels_are_exact(direction: str, axis: int, voxels: int) -> None:
    """Flat faces lie on voxel borders, so that nothing is left to the grid."""
    grid = Grid((40, 40, 40), (0.7, 0.8, 2.5), (-50.0, 20.0, 900.0), DIRECTIONS[direction])
    labels = np.zeros(grid.shape, np.uint8)
    first = [slice(12, 28)] * 3
    second = list(first)
    first[2 - axis], second[2 - axis] = slice(4, 14), slice(14 + voxels, 30)
    labels[tuple(first)], labels[tuple(second)] = 1, 3
    labelmap = Labelmap(labels, grid, ORGANS)
    organ = measured(labelmap, Target.of_organ(labelmap, "liver"), "spleen")
    assert organ.distance_mm == pytest.approx(voxels * grid.spacing_mm[axis], abs=1e-3)


@pytest.mark.parametrize("radius_mm", [0.0, 3.0])
def test_a_point_or_ball_needs_no_voxels(radius_mm: float) -> None:
    centre, middle = np.array([5.0, 6.0, -70.0]), np.array([-3.0, 2.0, -76.0])
    labelmap = labelled(grid_over(centre - 16, centre + 10, FINE, "oblique"), liver=ball(middle, 5.0))
    organ = measured(labelmap, Target.of_point((5.0, 6.0, -70.0), radius_mm), "liver")
    between = float(np.linalg.norm(centre - middle))
    assert organ.distance_mm == pytest.approx(between - 5 - radius_mm, abs=TENTH_MM)
    mean = between + radius_mm**2 / (3 * between) - 5
    assert organ.mean_distance_mm == pytest.approx(mean, abs=TENTH_MM)


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_between_known_surfaces_nothing_is_lost(direction: str) -> None:
    """To a tenth of a millimetre on thick slices: what distances lack, they lack by the voxels of labels."""
    here, there, radius = np.array([5.0, 6.0, -70.0]), np.array([-12.0, 2.0, -78.0]), 6.0
    grid = grid_over(np.minimum(here, there) - 9, np.maximum(here, there) + 9, (0.8, 0.8, 2.5), direction)
    exact = {1: Target.of_point(tuple(there), radius).surface}
    found = measure_proximity(
        labelled(grid, liver=ball(there, radius)), Target.of_point(tuple(here), 4.0), (), exact
    )
    between = float(np.linalg.norm(there - here))
    assert found.organs[0].distance_mm == pytest.approx(between - radius - 4.0, abs=TENTH_MM)


@pytest.mark.parametrize("spacing_mm", [(0.8, 0.8, 1.25), (0.8, 0.8, 2.5), (1.5, 1.5, 1.5)])
@pytest.mark.parametrize("towards", [(1.0, 0.0, 0.0), (0.0, 0.0, 1.0), (1.0, -2.0, 2.0)])
def test_what_voxels_cannot_tell_is_told(
    spacing_mm: tuple[float, float, float], towards: tuple[float, ...]
) -> None:
    unit = np.array(towards) / np.linalg.norm(towards)
    for shift in (0.0, 0.31, 0.64):
        here = np.array([3.0, -8.0, 40.0]) + shift
        there = here + unit * (6.0 + 9.0 + 5.0)
        grid = grid_over(np.minimum(here, there) - 12, np.maximum(here, there) + 12, spacing_mm, "straight")
        labelmap = labelled(grid, spleen=ball(here, 6.0), liver=ball(there, 9.0))
        for target, edges in (
            (Target.of_organ(labelmap, "spleen"), 1.0),
            (Target.of_point(tuple(here), 6.0, "spleen"), 0.5),
        ):
            found = measure_proximity(labelmap, target, ())
            assert found.within_mm == edges * max(spacing_mm)
            liver = next(organ for organ in found.organs if organ.name == "liver")
            assert liver.distance_mm == pytest.approx(5.0, abs=found.within_mm)


@pytest.mark.parametrize(("gap", "status"), [(-2, "overlapping"), (0, "touching"), (1, "apart")])
def test_distance_is_0_from_the_first_shared_face(gap: int, status: str) -> None:
    grid = Grid((20, 20, 20), (1.0, 1.0, 2.0), direction=DIRECTIONS["left-handed"])
    labels, mask = np.zeros(grid.shape, np.uint8), np.zeros(grid.shape, bool)
    labels[5:15, 5:15, 3:10], mask[5:15, 5:15, 10 + gap : 16] = 1, True
    organ = measured(Labelmap(labels, grid, ORGANS), Target.of_mask(mask, grid), "liver")
    assert organ.status == status
    assert organ.distance_mm == pytest.approx(max(gap, 0), abs=1e-3)
    assert (organ.on_target == organ.on_organ) == (status != "apart")


def test_absent_organs_are_rows_without_values() -> None:
    _, labelmap = two_organs("oblique")
    found = measure_proximity(labelmap, Target.of_organ(labelmap, "liver"))
    assert [organ.name for organ in found.organs] == ["kidney_left", "spleen", "aorta"]
    for organ in found.organs[1:]:
        assert organ == OrganProximity(organ.name, organ.label)
    assert next(organ.name for organ in found.nearest_first) == "kidney_left"


def test_a_mask_named_like_an_organ_is_not_that_organ() -> None:
    _, labelmap = two_organs()
    part = (labelmap.voxels == 1) & (np.arange(labelmap.grid.size[0]) % 2 == 0)
    assert measured(labelmap, Target.of_mask(part, labelmap.grid, "liver"), "liver").status == "overlapping"
    assert measured(labelmap, Target.of_organ(labelmap, "liver"), "spleen").status == "absent"
    named = Target.of_mask(labelmap.voxels == 1, labelmap.grid, "spleen")
    assert measured(labelmap, named, "spleen").status == "absent"


def test_surfaces_may_be_kept() -> None:
    _, labelmap = two_organs("oblique")
    target = Target.of_organ(labelmap, "liver")
    assert measure_proximity(labelmap, target, (), organ_surfaces(labelmap)) == measure_proximity(
        labelmap, target, ()
    )


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(list(DIRECTIONS)))
def test_no_corner_is_nearer(seed: int, direction: str) -> None:
    """Asking at few corners first must not miss the nearest one, whatever the shapes."""
    chance = np.random.default_rng(seed)
    grid = Grid((24, 22, 12), (0.9, 1.1, 2.4), direction=DIRECTIONS[direction])
    labels = np.zeros(grid.shape, np.uint8)
    for label, start in ((1, 1), (2, 13)):
        for _ in range(4):
            k, j, i = chance.integers((1, 1, start), (8, 16, start + 6))
            labels[k : k + 3, j : j + 4, i : i + 4] = label
    here, there = organ_surfaces(Labelmap(labels, grid, ORGANS)).values()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(distance, "SAMPLES", 20)
        departure = Departure(here)
    found = departure.approach(there, departure.to(there))
    nearest = min(there.closest(here.corners)[0].min(), here.closest(there.corners)[0].min())
    assert found.mm <= nearest + 0.01
    assert found.mm == pytest.approx(np.linalg.norm(found.on_target - found.on_organ), abs=1e-6)
    assert here.closest(found.on_target[None])[0] == pytest.approx(0, abs=1e-4)
    assert there.closest(found.on_organ[None])[0] == pytest.approx(0, abs=1e-4)
