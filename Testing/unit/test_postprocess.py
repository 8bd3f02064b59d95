"""Islands, holes and sides on the network's grid."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from OrganSegLib.plan import Label, Plan
from OrganSegLib.postprocess import clean
from OrganSegLib.predict import Logits
from OrganSegLib.scores import argmax
from OrganSegLib.volume import Grid

SHAPE = (20, 24, 40)  # z, y, x; the middle of the body is between x = 19 and 20, left is beyond
GRID = Grid(SHAPE[::-1], (3.0, 3.0, 3.0), (10.0, -20.0, 5.0))
Box = tuple[slice, slice, slice]


class Picture:
    """Logits painted box by box: 5 where an organ is, -5 where not, 0 for background."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.values = np.full((plan.channels, *SHAPE), -5, np.float32)
        self.values[0] = 0
        self._channels = {label.organ.name: label.channel for label in plan.labels}
        self._labels = {label.organ.name: label.value for label in plan.labels}

    def paint(self, name: str, box: Box, score: float = 5) -> Picture:
        self.values[self._channels[name]][box] = score
        return self

    def clean(self) -> tuple[NDArray[np.uint8], list[str]]:
        labels, notes = clean(argmax(Logits(self.values, GRID), self.plan), GRID, self.plan)
        return labels, [note.code for _, note in notes]

    def of(self, name: str) -> int:
        return self._labels[name]


@pytest.fixture
def picture(tiny_plan: Plan) -> Picture:
    return Picture(tiny_plan)


def _box(z: int, y: int, x: int, size: int = 4) -> Box:
    return slice(z, z + size), slice(y, y + size), slice(x, x + size)


def test_what_is_right_stays(picture: Picture) -> None:
    liver, spleen = _box(3, 3, 3, 8), _box(3, 3, 30, 6)
    labels, notes = picture.paint("liver", liver).paint("spleen", spleen).clean()
    expected = np.zeros(SHAPE, np.uint8)
    expected[liver], expected[spleen] = picture.of("liver"), picture.of("spleen")
    assert labels.dtype == np.uint8
    assert np.array_equal(labels, expected)
    assert notes == []


def test_nothing_lies_outside_the_body(picture: Picture) -> None:
    liver = _box(3, 3, 3, 8)
    picture.paint("liver", liver).paint("colon", _box(3, 3, 30, 6))
    body = np.zeros(SHAPE, bool)
    body[liver] = True
    raw = argmax(Logits(picture.values, GRID), picture.plan)
    before = raw.copy()
    labels, _ = clean(raw, GRID, picture.plan, body)
    assert np.array_equal(raw, before)
    assert set(np.unique(labels)) == {0, picture.of("liver")}


def test_nothing_found_is_nothing(picture: Picture) -> None:
    labels, notes = picture.clean()
    assert not labels.any()
    assert notes == []


def test_helper_classes_compete_as_background(picture: Picture) -> None:
    box = _box(3, 3, 3)
    picture.paint("liver", box)
    picture.values[20][box] = 6
    assert not picture.clean()[0].any()


def test_argmax_is_numpys(tiny_plan: Plan) -> None:
    values = np.random.default_rng(0).normal(size=(22, *SHAPE)).astype(np.float32)
    winner = values.argmax(0)
    winner[winner >= 20] = 0
    assert np.array_equal(argmax(Logits(values, GRID), tiny_plan), winner)
    assert (argmax(Logits(values.astype(np.float16), GRID), tiny_plan) == winner).mean() > 0.99


def test_background_wins_a_tie(picture: Picture) -> None:
    assert not picture.paint("liver", _box(3, 3, 3), score=0).clean()[0].any()


def test_many_labels_need_two_bytes(tiny_plan: Plan) -> None:
    adrenal = tiny_plan.organs[8]
    organs = [replace(adrenal, name=f"organ {n}") for n in range(1, 301)]
    plan = replace(tiny_plan, channels=301, labels=tuple(Label(n, n, o) for n, o in enumerate(organs, 1)))
    values = np.zeros((301, 2, 2, 2), np.float32)
    values[300, 1] = 1
    grid = Grid((2, 2, 2), (3.0, 3.0, 3.0))
    labels, _ = clean(argmax(Logits(values, grid), plan), grid, plan)
    assert labels.dtype == np.uint16
    assert labels[:, 0, 0].tolist() == [0, 300]


def test_an_island_goes_and_is_told(picture: Picture) -> None:
    picture.paint("liver", _box(3, 3, 3, 8)).paint("liver", _box(14, 14, 30, 5))
    labels, notes = picture.clean()
    assert not labels[14:].any()
    assert (labels == picture.of("liver")).sum() == 8**3
    assert notes == ["clean.island"]


def test_a_plan_may_do_without_tidying(picture: Picture) -> None:
    picture.plan = replace(picture.plan, tidy=False)
    labels, notes = picture.paint("liver", _box(3, 3, 3, 8)).paint("liver", _box(16, 18, 2, 3)).clean()
    assert np.count_nonzero(labels) == 8**3 + 3**3
    assert notes == []


def test_a_speck_goes_unmentioned(picture: Picture) -> None:
    labels, notes = picture.paint("liver", _box(3, 3, 3, 8)).paint("liver", _box(18, 18, 30, 1)).clean()
    assert (labels > 0).sum() == 8**3
    assert notes == []


def test_what_is_far_too_small_for_its_organ_goes(picture: Picture) -> None:
    """Half a millilitre is an adrenal gland, but no heart."""
    picture.paint("heart", _box(3, 3, 15, 3)).paint("adrenal_gland_left", _box(12, 3, 30, 3))
    labels, notes = picture.clean()
    assert np.unique(labels).tolist() == [0, picture.of("adrenal_gland_left")]
    assert notes == []


def test_an_organ_of_many_pieces_keeps_its_largest(picture: Picture) -> None:
    places = [_box(1, 12, 1, 6), _box(10, 12, 10, 7), _box(10, 1, 1, 4), _box(1, 1, 1, 5)]
    for box in places:
        picture.paint("colon", box)
    picture.paint("colon", _box(18, 1, 30, 1))
    labels, notes = picture.clean()
    assert picture.plan.organs[picture.of("colon")].components == 3
    assert [bool(labels[box].all()) for box in places] == [True, True, False, True]
    assert not labels[18:].any()
    assert notes == ["clean.island"]


def test_a_thin_organ_that_runs_diagonally_is_one_piece(picture: Picture) -> None:
    for n in range(2, 12):
        picture.paint("adrenal_gland_left", _box(n, n, n + 22, 1))
    assert (picture.clean()[0] == picture.of("adrenal_gland_left")).sum() == 10


def test_a_hole_is_filled_from_background_only(picture: Picture) -> None:
    picture.paint("liver", _box(3, 3, 3, 10))
    for name, score in (("liver", -5.0), ("gallbladder", -5.0)):
        picture.paint(name, _box(6, 6, 6, 4), score)
    picture.paint("gallbladder", _box(7, 7, 7, 2))
    labels, _ = picture.clean()
    assert np.all(labels[_box(7, 7, 7, 2)] == picture.of("gallbladder"))
    assert (labels == picture.of("liver")).sum() == 10**3 - 2**3


def test_a_hollow_that_is_open_stays_open(picture: Picture) -> None:
    picture.paint("liver", (slice(0, 8), slice(3, 13), slice(3, 13)))
    picture.paint("liver", (slice(0, 5), slice(6, 9), slice(6, 9)), -5)  # opens where the scan ends
    labels, _ = picture.clean()
    assert not labels[0:5, 6:9, 6:9].any()


def test_an_island_inside_another_organ_becomes_that_organ(picture: Picture) -> None:
    picture.paint("liver", _box(3, 3, 3, 10)).paint("spleen", _box(3, 3, 30, 6))
    picture.paint("spleen", _box(6, 6, 6, 2), 8)
    labels, _ = picture.clean()
    assert np.all(labels[_box(3, 3, 3, 10)] == picture.of("liver"))


LEFT, RIGHT = _box(6, 8, 30, 5), _box(6, 8, 5, 5)


def test_a_lone_kidney_on_the_other_side_becomes_its_partner(picture: Picture) -> None:
    labels, notes = picture.paint("kidney_left", RIGHT).clean()
    assert np.all(labels[RIGHT] == picture.of("kidney_right"))
    assert notes == ["clean.side"]


def test_two_kidneys_named_alike_are_told_apart(picture: Picture) -> None:
    labels, _ = picture.paint("kidney_right", RIGHT).paint("kidney_right", LEFT).clean()
    assert np.all(labels[RIGHT] == picture.of("kidney_right"))
    assert np.all(labels[LEFT] == picture.of("kidney_left"))


def test_swapped_kidneys_are_swapped_back(picture: Picture) -> None:
    labels, notes = picture.paint("kidney_left", RIGHT).paint("kidney_right", LEFT).clean()
    assert np.all(labels[RIGHT] == picture.of("kidney_right"))
    assert np.all(labels[LEFT] == picture.of("kidney_left"))
    assert notes == ["clean.side", "clean.side"]


def test_a_wrong_piece_beside_a_present_partner_is_dropped(picture: Picture) -> None:
    picture.paint("kidney_left", LEFT).paint("kidney_right", RIGHT)
    labels, notes = picture.paint("kidney_left", _box(15, 8, 5, 4)).clean()
    assert not labels[15:].any()
    assert np.all(labels[RIGHT] == picture.of("kidney_right"))
    assert np.all(labels[LEFT] == picture.of("kidney_left"))
    assert notes == ["clean.side", "clean.island"]


def test_half_a_kidney_joins_the_half_it_touches(picture: Picture) -> None:
    picture.paint("kidney_left", LEFT).paint("kidney_right", RIGHT)
    labels, _ = picture.paint("kidney_left", (slice(11, 14), *RIGHT[1:])).clean()
    assert np.all(labels[6:14, 8:13, 5:10] == picture.of("kidney_right"))


def test_what_crosses_the_middle_is_left_alone(picture: Picture) -> None:
    horseshoe = (slice(6, 10), slice(8, 12), slice(8, 22))
    labels, notes = picture.paint("kidney_left", horseshoe).clean()
    assert np.all(labels[horseshoe] == picture.of("kidney_left"))
    assert notes == []


def test_a_curved_spine_excuses_what_lies_beside_it(picture: Picture) -> None:
    """The left kidney lies right of the body's middle, but still left of the spine at its height."""
    for z in range(20):
        bend = 10 if 4 <= z < 14 else 0
        picture.paint("spine", (slice(z, z + 1), slice(14, 18), slice(18 - bend, 22 - bend)))
        picture.paint("spine", (slice(z, z + 1), slice(16, 18), slice(8, 22)))  # keeps it one piece
    kidney = _box(6, 4, 12, 4)
    labels, notes = picture.paint("kidney_left", kidney).clean()
    assert np.all(labels[kidney] == picture.of("kidney_left"))
    assert notes == []


def test_a_spine_in_part_of_the_planes_speaks_for_the_rest(picture: Picture) -> None:
    """The spine is far to the right, as in a scan that shows mostly the left half of the body."""
    picture.paint("spine", (slice(0, 4), slice(14, 18), slice(3, 7)))
    beyond, before = _box(10, 4, 12, 4), (slice(10, 16), slice(4, 10), slice(0, 1))
    labels, _ = picture.paint("kidney_left", beyond).clean()
    assert np.all(labels[beyond] == picture.of("kidney_left"))
    labels, _ = picture.paint("kidney_left", beyond, -5).paint("kidney_left", before).clean()
    assert np.all(labels[before] == picture.of("kidney_right"))


def test_unpaired_organs_and_lone_sides_have_no_wrong_side(tiny_plan: Plan) -> None:
    only_left = replace(
        tiny_plan, labels=(Label(2, 1, tiny_plan.organs[2]), Label(1, 2, tiny_plan.organs[1]))
    )
    picture = Picture(only_left).paint("kidney_left", RIGHT).paint("spleen", _box(14, 3, 3, 4))
    labels, notes = picture.clean()
    assert np.all(labels[RIGHT] == 1)
    assert np.all(labels[14:18, 3:7, 3:7] == 2)
    assert notes == []
