"""Boxes around labels, and what is made of them."""

from __future__ import annotations

import numpy as np
import pytest
from OrganSegLib import boxes
from OrganSegLib.boxes import common, grown, inside, is_empty, organ_boxes, outside, pieces

WHOLE = slice(0, 9), slice(0, 8), slice(0, 7)
BOX = slice(2, 9), slice(0, 3), slice(4, 6)


def test_each_label_has_the_smallest_box_around_it() -> None:
    labels = np.zeros((9, 8, 7), np.uint8)
    labels[BOX], labels[1, 7, 0] = 3, 5
    assert dict(organ_boxes(labels)) == {3: BOX, 5: (slice(1, 2), slice(7, 8), slice(0, 1))}


def test_a_box_grows_as_far_as_there_is_room() -> None:
    assert grown(BOX, WHOLE) == (slice(1, 9), slice(0, 4), slice(3, 7))


def test_boxes_may_have_nothing_in_common() -> None:
    assert not is_empty(BOX)
    assert common(BOX, WHOLE) == BOX
    assert is_empty(common(BOX, (slice(0, 9), slice(3, 8), slice(0, 7))))


def test_the_way_into_a_box_and_out_again() -> None:
    values = np.random.default_rng(0).random((9, 8, 7))
    part = slice(3, 5), slice(1, 2), slice(4, 6)
    np.testing.assert_array_equal(values[BOX][inside(part, BOX)], values[part])
    assert outside(inside(part, BOX), BOX) == part


@pytest.mark.parametrize(("most", "count"), [(1, 7), (12, 4), (1 << 20, 1)])
def test_pieces_are_the_box(most: int, count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boxes, "PIECE", most)
    seen = np.zeros((9, 8, 7), int)
    for piece in pieces(BOX):
        seen[piece] += 1
    assert len([*pieces(BOX)]) == count
    assert (seen[BOX] == 1).all()
    assert seen.sum() == seen[BOX].size
