"""One organ at a time: what is right about it, and what is not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from OrganSegLib.measure import measure
from OrganSegLib.organs import Code, Organ, catalogue
from OrganSegLib.phantom import LABELS, make_phantom
from OrganSegLib.quality import MARKS, WORDS, OrganTrust, assess
from OrganSegLib.volume import Grid, Labelmap, Scan
from scipy import ndimage as ndi

from Testing.unit.shapes import ball, grid_around, two_organs

Phantom = tuple[Scan, Labelmap]


@pytest.fixture(scope="module")
def abdomen() -> Phantom:
    """Lungs, heart and pelvis are cut off or not there."""
    return make_phantom(1, (5.0, 5.0, 5.0), "abdomen")


def judged(scan: Scan, labelmap: Labelmap) -> dict[str, OrganTrust]:
    return {organ.name: organ for organ in assess(scan, labelmap, measure(scan, labelmap))}


def painted(phantom: Phantom, name: str, hu: int) -> Scan:
    """The scan with other Hounsfield units where an organ is."""
    scan, labelmap = phantom
    return replace(scan, voxels=np.where(labelmap.voxels == LABELS[name], np.int16(hu), scan.voxels))


def test_good_organs_have_no_warning_and_cut_ones_a_note(abdomen: Phantom) -> None:
    trust = judged(*abdomen)
    assert [organ.name for organ in trust.values() if organ.level == "warning"] == []
    assert trust["kidney_left"].codes == ()
    (cut,) = trust["lung_left"].flags
    assert (cut.code, cut.level, "upper end" in cut.sentence) == ("truncated", "note", True)
    assert {"lower", "upper"} <= set(trust["spine"].flags[0].sentence.replace(":", " ").split())


def test_says_what_the_scan_does_not_show(abdomen: Phantom) -> None:
    trust = judged(*abdomen)
    assert trust["urinary_bladder"].codes == ("outside_field",)
    assert trust["urinary_bladder"].level == "note"


def test_an_organ_that_should_be_there_is_missed(abdomen: Phantom) -> None:
    scan, labelmap = abdomen
    for name, level in (("spleen", "warning"), ("gallbladder", "note")):  # many people have no gallbladder
        without = replace(labelmap, voxels=np.where(labelmap.voxels == LABELS[name], 0, labelmap.voxels))
        (flag,) = judged(scan, without)[name].flags
        assert (flag.code, flag.level) == ("absent", level)


def test_an_organ_and_many_specks_are_not_counted_as_its_pieces(abdomen: Phantom) -> None:
    scan, labelmap = abdomen
    speckled = labelmap.voxels.copy()
    for z, y, x in np.ndindex(2, 2, 2):
        specks = speckled[2 + z : -4 : 6, 2 + y : -4 : 6, 2 + x : -4 : 6]
        specks[specks == 0] = LABELS["liver"]
    flags = judged(scan, replace(labelmap, voxels=speckled))["liver"].flags
    (sentence,) = [flag.sentence for flag in flags if flag.code == "fragmented"]
    assert "in many small pieces where one is normal" in sentence


def test_nothing_tells_where_a_lone_organ_would_be() -> None:
    scan, labelmap = two_organs()
    lone = replace(labelmap, organs={label: labelmap.organs[label] for label in (1, 4)})
    (flag,) = judged(scan, lone)["aorta"].flags
    assert (flag.code, flag.level) == ("absent", "note")


@pytest.mark.parametrize(
    ("name", "hu", "code"),
    [
        ("liver", -900, "wrong_tissue"),
        ("spleen", 900, "wrong_tissue"),
        ("lung_left", 40, "wrong_tissue"),
        ("spine", 40, "wrong_tissue"),
        ("aorta", -20, "wrong_tissue"),
        ("duodenum", -386, "wrong_tissue"),
    ],
)
def test_tissue_must_be_the_organ_s(abdomen: Phantom, name: str, hu: int, code: str) -> None:
    assert code in judged(painted(abdomen, name, hu), abdomen[1])[name].codes


def test_names_the_normal_range_and_who_published_it(abdomen: Phantom) -> None:
    scan, labelmap = abdomen
    small = replace(scan.grid, spacing_mm=(2.5, 2.5, 2.5))
    (flag,) = [
        flag
        for flag in judged(Scan(scan.voxels, small), replace(labelmap, grid=small))["liver"].flags
        if flag.code == "implausible_volume"
    ]
    low, high = catalogue()["liver"].volume_ml or (0, 0)
    assert flag.level == "warning"
    assert f"{low:,g} to {high:,g} ml" in flag.sentence
    assert "Radiology 2021" in flag.sentence


def test_just_outside_of_the_normal_range_is_a_note(abdomen: Phantom) -> None:
    scan, labelmap = abdomen
    (liver,) = [organ for organ in measure(scan, labelmap) if organ.name == "liver"]
    low, high = catalogue()["liver"].volume_ml or (0, 0)
    for volume_ml, wanted in ((low, []), (high * 1.2, ["note"]), (high * 1.6, ["warning"])):
        (organ,) = assess(scan, labelmap, [replace(liver, volume_ml=volume_ml)])
        assert [f.level for f in organ.flags if f.code == "implausible_volume"] == wanted


def test_an_organ_of_one_s_own_is_only_cut_off() -> None:
    """Nothing is known of it, in how many pieces it lies or how large it is."""
    nothing = Code("", "")
    grid = grid_around((0.0, 0.0, 0.0))
    labels = np.zeros(grid.shape, np.uint8)
    labels[ball(grid, (0.0, 0.0, 0.0), 9.0) | ball(grid, (30.0, 0.0, 0.0), 15.0)] = 1
    labelmap = Labelmap(labels, grid, {1: Organ("mine", nothing, nothing, (0, 0, 0))})
    scan = Scan(np.zeros(grid.shape, np.int16), grid)
    (flag,) = judged(scan, labelmap)["mine"].flags
    assert (flag.code, "left end" in flag.sentence) == ("truncated", True)


@pytest.mark.parametrize("direction", ["flipped", "left-handed", "sagittal", "oblique"])
def test_sides_are_the_patient_s_on_any_grid(direction: str) -> None:
    scan, labelmap = two_organs(direction)
    assert "wrong_side" not in judged(scan, labelmap)["liver"].codes
    axis = 2 - int(np.abs(labelmap.grid.direction[:3]).argmax())
    mirrored = replace(labelmap, voxels=np.flip(labelmap.voxels, axis))
    assert "wrong_side" in judged(scan, mirrored)["liver"].codes


@pytest.mark.parametrize("stem", ["humerus_{}", "rib_{}_7", "brachiocephalic_vein_{}"])
def test_left_and_right_that_are_swapped_are_told_of_any_pair(stem: str) -> None:
    """Also of organs of which nothing else is known; alone, they may lie beyond the middle of the body."""
    grid = grid_around((0.0, 0.0, 0.0))
    left, right = ball(grid, (20.0, 0.0, 0.0), 9.0), ball(grid, (-5.0, 0.0, 0.0), 9.0)
    organs = {1: catalogue()[stem.format("left")], 2: catalogue()[stem.format("right")]}
    scan = Scan(np.full(grid.shape, 40, np.int16), grid)
    for labels, wrong in ((left + 2 * right, False), (right + 2 * left, True), (1 * right, False)):
        trust = judged(scan, Labelmap(labels.astype(np.uint8), grid, organs))
        assert ["wrong_side" in trust[organ.name].codes for organ in organs.values()] == [wrong] * 2


def test_tiny_and_degenerate_organs_are_judged() -> None:
    """One voxel, one plane, the whole grid: no more than flags come of it."""
    grid = Grid((6, 5, 1), (3.0, 3.0, 3.0))
    scan = Scan(np.full(grid.shape, 40, np.int16), grid)
    for voxels in (np.zeros(grid.shape), np.ones(grid.shape), np.eye(5, 6)[None]):
        labelmap = Labelmap(voxels.astype(np.uint8), grid, {1: catalogue()["liver"]})
        assert judged(scan, labelmap)["liver"].flags


def test_every_flag_has_a_word_and_every_level_a_mark() -> None:
    trust = judged(*two_organs())["aorta"]
    assert trust.words == f"{MARKS['note']} {WORDS['outside_field']}"
    assert len(set(MARKS.values())) == len(MARKS)
    assert OrganTrust("liver", 1).words == ""
    assert OrganTrust("liver", 1).level == "unflagged"


def test_fat_inside_of_an_organ_is_a_leak_and_at_its_border_none(abdomen: Phantom) -> None:
    scan, labelmap = abdomen
    liver = labelmap.voxels == LABELS["liver"]
    inside = ndi.binary_erosion(liver)
    layer = inside & (np.indices(liver.shape)[0] % 8 == 0)  # too thin for a voxel of nothing else
    for where, told in ((layer, True), (liver & ~inside & (np.indices(liver.shape)[0] % 8 == 0), False)):
        fat = replace(scan, voxels=np.where(where, np.int16(-100), scan.voxels))
        assert ("leaked" in judged(fat, labelmap)["liver"].codes) == told
