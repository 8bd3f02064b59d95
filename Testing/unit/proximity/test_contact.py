import numpy as np
import pytest
from OrganSegLib.proximity import OrganProximity, Target, measure_proximity
from OrganSegLib.proximity.encasement import is_vessel
from OrganSegLib.volume import Grid, Labelmap

from Testing.unit.proximity.scenes import CLINICAL, ball, grid_over, labelled, tube
from Testing.unit.shapes import DIRECTIONS, ORGANS, positions

RADIUS_MM = 6.0
AXES = {"straight": (0.0, 0.0, 1.0), "left-handed": (1.0, 0.2, 0.1), "oblique": (0.5, -0.3, 0.8)}


def around_a_vessel(
    direction: str, degrees: float, inner_mm: float = RADIUS_MM, name: str = "aorta"
) -> float:
    """Encasement of a vessel by a wall, 5 mm thick and 14 mm long, that goes part of the way round."""
    axis = np.array(AXES[direction])
    grid = grid_over(np.full(3, -22.0), np.full(3, 22.0), CLINICAL, direction)
    labelmap = labelled(grid, **{name: tube(axis, 0, RADIUS_MM, 40)})
    mask = tube(axis, inner_mm, inner_mm + 5, 14, degrees)(positions(grid))
    found = measure_proximity(labelmap, Target.of_mask(mask, grid), ()).organs[0]
    return found.encasement_deg


@pytest.mark.parametrize("direction", AXES)
@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_a_wall_part_of_the_way_round(direction: str, degrees: float) -> None:
    """A voxel takes 8 degrees around the vessel's axis, and both ends may be off by one."""
    assert around_a_vessel(direction, degrees) == pytest.approx(degrees, abs=15)


@pytest.mark.parametrize("direction", AXES)
def test_a_ring_encases_wholly(direction: str) -> None:
    assert around_a_vessel(direction, 360) == pytest.approx(360, abs=4)


def test_a_ring_at_a_distance_does_not() -> None:
    assert around_a_vessel("oblique", 360, inner_mm=RADIUS_MM + 3) == 0


def test_a_tumour_that_grows_into_the_vessel_encases_that_part() -> None:
    assert around_a_vessel("straight", 180, inner_mm=RADIUS_MM - 2) == pytest.approx(180, abs=15)


def test_a_bent_vessel() -> None:
    """A half ring of vessel, as the aortic arch, and a tumour that covers its outer half at the top."""
    bend, here = 18.0, np.zeros(3)
    grid = grid_over(np.array([-27.0, -9.0, -3.0]), np.array([27.0, 9.0, 30.0]), CLINICAL, "straight")

    def from_middle(places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        outwards = np.hypot(places[..., 0], places[..., 2]) - bend
        return outwards, np.hypot(outwards, places[..., 1] - here[1])

    labelmap = labelled(grid, aorta=lambda at: (from_middle(at)[1] < RADIUS_MM) & (at[..., 2] > 0))
    places = positions(grid)
    outwards, radius = from_middle(places)
    near_top = np.abs(np.arctan2(places[..., 0], places[..., 2])) < 0.4
    mask = (radius >= RADIUS_MM) & (radius < RADIUS_MM + 3) & (outwards > 0) & near_top
    found = measure_proximity(labelmap, Target.of_mask(mask, grid), ()).organs[0]
    assert found.encasement_deg == pytest.approx(180, abs=20)


def test_other_organs_are_not_encased() -> None:
    assert around_a_vessel("straight", 180, name="esophagus") is None


@pytest.mark.parametrize(
    ("degrees", "grade"), [(None, ""), (0.0, "none"), (180.0, "abutment"), (181.0, "encasement")]
)
def test_grades(degrees: float | None, grade: str) -> None:
    assert OrganProximity("aorta", 1, encasement_deg=degrees).grade == grade


def test_vessels_are_known_by_name() -> None:
    assert is_vessel("inferior_vena_cava")
    assert is_vessel("portal_vein_and_splenic_vein")
    assert not is_vessel("heart_atrium_left")


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_contact_is_the_shared_face(direction: str) -> None:
    grid = Grid((24, 24, 24), (1.0, 1.0, 2.0), direction=DIRECTIONS[direction])
    labels, mask = np.zeros(grid.shape, np.uint8), np.zeros(grid.shape, bool)
    labels[2:22, 2:22, 2:12], labels[2:22, 2:22, 18:22], mask[7:17, 7:17, 12:16] = 1, 2, True
    liver, kidney, *_ = measure_proximity(
        Labelmap(labels, grid, ORGANS), Target.of_mask(mask, grid), ()
    ).organs
    assert liver.contact_mm2 == pytest.approx(10 * 10 * 2, rel=0.1)
    assert kidney.contact_mm2 == 0


def test_all_of_a_lesion_in_an_organ_is_in_contact() -> None:
    grid = grid_over(np.full(3, -20.0), np.full(3, 20.0), CLINICAL, "oblique")
    labelmap = labelled(grid, liver=ball(np.zeros(3), 18.0))
    mask = ball(np.zeros(3), 7.0)(positions(grid))
    for labels in (
        labelmap.voxels,
        np.where(mask, 0, labelmap.voxels),
    ):  # segmented as liver, or left out of it
        beside = Labelmap(labels.astype(np.uint8), grid, labelmap.organs)
        found = measure_proximity(beside, Target.of_mask(mask, grid), ()).organs[0]
        assert found.contact_mm2 == pytest.approx(4 * np.pi * 7**2, rel=0.03)
