from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from OrganSegLib.errors import InputError
from OrganSegLib.label_files import write_seg_nrrd
from OrganSegLib.measure import measure
from OrganSegLib.proximity import Target, find_target, measure_proximity, read_target
from OrganSegLib.volume import Grid, Labelmap

from Testing.unit.proximity.scenes import FINE, ball, grid_over
from Testing.unit.shapes import DIRECTIONS, ORGANS, positions, two_organs

CENTRE = (20.0, -22.0, 302.0)


def lesion(
    spacing_mm: tuple[float, float, float] = FINE, direction: str = "oblique"
) -> tuple[np.ndarray, Grid]:
    """A ball of 4 mm radius on a grid of its own."""
    centre = np.array(CENTRE)
    grid = grid_over(centre - 6, centre + 6, spacing_mm, direction)
    return ball(centre, 4.0)(positions(grid)), grid


def refused(code: str) -> pytest.RaisesExc[InputError]:
    return pytest.RaisesExc(InputError, check=lambda error: error.code == code and bool(error.next_step))


@pytest.mark.parametrize("name", ["lesion.nii.gz", "lesion.nrrd", "lesion.mha", "Läsion 1.seg.nrrd"])
def test_reads_masks_on_grids_of_their_own(name: str, tmp_path: Path) -> None:
    mask, grid = lesion()
    sitk.WriteImage(grid.image(mask.astype(np.uint8) * 7), tmp_path / name)
    target = read_target(tmp_path / name)
    assert target.name == name.split(".")[0]
    _, labelmap = two_organs("left-handed")
    found, exact = (
        measure_proximity(labelmap, which, [6]).organs for which in (target, Target.of_point(CENTRE, 4.0))
    )
    for organ, other in zip(found[:2], exact[:2], strict=True):
        assert organ.status == other.status
        assert organ.distance_mm == pytest.approx(other.distance_mm, abs=0.1)
        assert organ.mean_distance_mm == pytest.approx(other.mean_distance_mm, abs=0.1)
        assert organ.contact_mm2 == pytest.approx(other.contact_mm2, rel=0.05, abs=2)
        assert organ.margins[0].inside_ml == pytest.approx(other.margins[0].inside_ml, rel=0.03)


def test_a_coarser_mask_is_not_made_of_blocks() -> None:
    mask, grid = lesion((2.0, 2.0, 2.0), "straight")
    coarse = Target.of_mask(mask, grid)
    fine = grid_over(np.array(CENTRE) - 7, np.array(CENTRE) + 7, (0.5, 0.5, 0.5), "oblique")
    away = np.linalg.norm(positions(fine) - CENTRE, axis=-1)
    inside = coarse.inside(fine)
    assert inside[away < 2.5].all()
    assert not inside[away > 5.5].any()
    assert inside.sum() * fine.voxel_ml == pytest.approx(coarse.volume_ml, rel=0.15)


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_the_same_grid_keeps_every_voxel(direction: str) -> None:
    _, labelmap = two_organs(direction)
    target = Target.of_organ(labelmap, "kidney_left")
    np.testing.assert_array_equal(target.inside(labelmap.grid), labelmap.voxels == 2)
    assert target.volume_ml == pytest.approx((labelmap.voxels == 2).sum() * labelmap.grid.voxel_ml)


def test_a_segment_of_several(tmp_path: Path) -> None:
    scan, labelmap = two_organs("oblique")
    path = tmp_path / "drawn.seg.nrrd"
    write_seg_nrrd(path, labelmap, measure(scan, labelmap))
    for name in ("kidney_left", "Kidney left", "2"):
        assert read_target(path, name).mask.sum() == (labelmap.voxels == 2).sum()
    with refused("input.several_segments") as error:
        read_target(path)
    assert "Liver, Kidney left" in str(error.value)
    with refused("input.unknown_segment"):
        read_target(path, "tumour")


def test_overlapping_segments_lie_in_layers(tmp_path: Path) -> None:
    mask, grid = lesion()
    layers = [mask, np.roll(mask, 2, axis=2)]
    image = sitk.Compose([grid.image(layer.astype(np.uint8)) for layer in layers])
    for number, name in enumerate(("tumour", "rim")):
        for key, value in {"ID": name, "Name": name, "LabelValue": "1", "Layer": str(number)}.items():
            image.SetMetaData(f"Segment{number}_{key}", value)
    sitk.WriteImage(image, tmp_path / "two.seg.nrrd")
    shift = np.array(DIRECTIONS["oblique"]).reshape(3, 3)[:, 0] * 2 * grid.spacing_mm[0]
    here, there = (read_target(tmp_path / "two.seg.nrrd", name) for name in ("tumour", "rim"))
    np.testing.assert_array_equal(here.mask, there.mask)
    np.testing.assert_allclose(np.subtract(there.grid.origin_mm, here.grid.origin_mm), shift, atol=1e-4)


def test_labels_of_several_values_are_not_guessed(tmp_path: Path) -> None:
    mask, grid = lesion()
    labels = mask.astype(np.int16)
    labels[mask.shape[0] // 2 :] *= 2
    sitk.WriteImage(grid.image(labels), tmp_path / "liver and tumour.nii.gz")
    with refused("input.several_segments"):
        read_target(tmp_path / "liver and tumour.nii.gz")
    assert read_target(tmp_path / "liver and tumour.nii.gz", "2").mask.sum() == (labels == 2).sum()


def test_broken_files(tmp_path: Path) -> None:
    (tmp_path / "broken.nii.gz").write_bytes(b"no image")
    sitk.WriteImage(sitk.Image(8, 8, sitk.sitkUInt8), tmp_path / "flat.mha")
    for name in ("broken.nii.gz", "flat.mha"):
        with refused("input.unreadable_target"):
            read_target(tmp_path / name)


def test_empty_targets(tmp_path: Path) -> None:
    _, labelmap = two_organs()
    sitk.WriteImage(sitk.Image(8, 8, 8, sitk.sitkUInt8), tmp_path / "empty.nrrd")
    with refused("input.empty_target"):
        read_target(tmp_path / "empty.nrrd")
    with refused("input.empty_target"):
        Target.of_mask(np.zeros((4, 4, 4)), Grid((4, 4, 4), (1.0, 1.0, 1.0)))
    with refused("input.empty_target"):
        Target.of_organ(labelmap, "spleen")


def test_targets_outside_the_scan() -> None:
    _, labelmap = two_organs()
    mask, grid = lesion()
    elsewhere = Grid(grid.size, grid.spacing_mm, (500.0, 0.0, 0.0), grid.direction)
    for target in (Target.of_point((0.0, 0.0, -500.0), 5.0), Target.of_mask(mask, elsewhere)):
        with refused("input.target_outside"):
            measure_proximity(labelmap, target)


@pytest.mark.parametrize("voxels", [-9, 20 + 9])
def test_targets_just_outside_the_scan(voxels: int) -> None:
    labelmap = Labelmap(np.ones((20, 20, 20), np.uint8), Grid((20, 20, 20), (1.0, 1.0, 1.0)), {1: ORGANS[1]})
    with refused("input.target_outside"):
        measure_proximity(labelmap, Target.of_point((10.0, float(voxels), 10.0), 8.0))


@pytest.mark.parametrize(("centre", "radius_mm"), [((0.0, 0.0, float("nan")), 1.0), ((0.0, 0.0, 0.0), -1.0)])
def test_impossible_points(centre: tuple[float, float, float], radius_mm: float) -> None:
    with refused("input.bad_target"):
        Target.of_point(centre, radius_mm)


def test_ball_has_its_volume() -> None:
    assert Target.of_point(CENTRE, 12.5).volume_ml == pytest.approx(4 / 3 * np.pi * 12.5**3 / 1000, rel=0.005)
    assert Target.of_point(CENTRE).volume_ml == 0


def test_targets_are_found_by_what_the_user_says(tmp_path: Path) -> None:
    _, labelmap = two_organs()
    mask, grid = lesion()
    sitk.WriteImage(grid.image(mask.astype(np.uint8)), tmp_path / "lesion.nrrd")
    assert find_target("kidney_left", labelmap).name == "kidney_left"
    assert find_target("20,-22,302", labelmap, 4.0).name == "20, -22, 302"
    assert find_target(str(tmp_path / "lesion.nrrd"), labelmap).name == "lesion"
    for unknown in ("tumour", "1,2", "lesion.nrrd"):
        with refused("input.unknown_target") as error:
            find_target(unknown, labelmap)
        assert "kidney_left" in str(error.value)
    with refused("input.unknown_target"):
        Target.of_organ(labelmap, "tumour")


@pytest.mark.parametrize(
    ("name", "radius_mm", "segment", "code"),
    [
        ("kidney_left", 5.0, None, "input.no_ball"),
        ("lesion.nrrd", 5.0, None, "input.no_ball"),
        ("kidney_left", 0.0, "tumour", "input.no_segments"),
        ("20,-22,302", 4.0, "tumour", "input.no_segments"),
    ],
)
def test_nothing_that_was_asked_for_is_ignored(
    name: str, radius_mm: float, segment: str | None, code: str
) -> None:
    with refused(code):
        find_target(name, two_organs()[1], radius_mm, segment)


def test_a_point_measures_what_it_lies_in() -> None:
    _, labelmap = two_organs("oblique")
    liver, kidney, *_ = measure_proximity(labelmap, Target.of_point((-8.0, -20.0, 300.0)), [5]).organs
    assert (liver.status, liver.distance_mm, liver.mean_distance_mm) == ("overlapping", 0, 0)
    assert liver.margins[0].inside_ml == pytest.approx(4 / 3 * np.pi * 5**3 / 1000, rel=0.1)
    assert isinstance(labelmap, Labelmap)
    assert kidney.distance_mm == pytest.approx(np.linalg.norm([34, 4, 4]) - 9, abs=0.5)


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_a_single_voxel_is_a_target_and_an_organ(direction: str) -> None:
    grid = Grid((16, 14, 12), (1.0, 1.0, 2.0), direction=DIRECTIONS[direction])
    labels, mask = np.zeros(grid.shape, np.uint8), np.zeros(grid.shape, bool)
    labels[3, 3, 3], mask[3, 3, 9] = 1, True
    (organ,) = measure_proximity(
        Labelmap(labels, grid, {1: ORGANS[1]}), Target.of_mask(mask, grid), [4]
    ).organs
    assert organ.distance_mm == pytest.approx(5.5, abs=0.6)
    assert organ.margins[0].remaining_percent == 100
