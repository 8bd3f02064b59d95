"""The 3D view: who is where, who hides whom."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from OrganSegLib.organs import Organ, catalogue
from OrganSegLib.render import extent_mm, render
from OrganSegLib.surfaces import extract_surfaces
from OrganSegLib.volume import Labelmap

from Testing.unit.shapes import ball, grid_around, two_organs

RED, BLUE = (255, 0, 0), (0, 0, 255)


def _balls(front: Organ, back: Organ) -> tuple[dict[int, Any], dict[int, Organ]]:
    """A small ball before a large one: surfaces and organs."""
    grid = grid_around((0.0, 0.0, 0.0), spacing=1.0)
    labels = np.where(ball(grid, (0.0, 6.0, 0.0), 10.0), 2, 0).astype(np.uint8)
    labels[ball(grid, (0.0, -12.0, 0.0), 5.0)] = 1
    organs = {1: replace(front, colour=RED), 2: replace(back, colour=BLUE)}
    return extract_surfaces(Labelmap(labels, grid, organs)), organs


def _picture(front: Organ, back: Organ) -> NDArray[np.float32]:
    return render(*_balls(front, back), 90, 80).picture


def test_patient_left_is_on_the_right_and_the_head_is_up() -> None:
    _, labelmap = two_organs("flipped")
    organs = {1: replace(labelmap.organs[1], colour=RED), 2: replace(labelmap.organs[2], colour=BLUE)}
    picture = render(extract_surfaces(labelmap), organs, 120, 80).picture
    assert picture.shape == (80, 120, 4)
    red, blue = (np.argwhere(picture[..., n] > picture[..., 2 - n] + 0.1).mean(axis=0) for n in (0, 2))
    assert red[1] < blue[1]
    assert red[0] > blue[0]


def test_the_nearer_organ_hides_the_other() -> None:
    picture = _picture(catalogue()["liver"], catalogue()["spleen"])
    red = picture[..., 0] > picture[..., 2]
    blue = picture[..., 2] > picture[..., 0]
    assert red.sum() > 300
    assert blue.sum() > 1.5 * red.sum()
    assert picture[..., 3].max() == pytest.approx(1.0)


def test_what_lies_behind_a_lung_shines_through() -> None:
    hidden = _picture(catalogue()["liver"], catalogue()["heart"])
    through = _picture(catalogue()["lung_left"], catalogue()["heart"])
    before = (hidden[..., 0] > hidden[..., 2] + 0.2) & (hidden[..., 3] == 1)
    seen = through[before & (through[..., 3] == 1)]
    assert (seen[:, 2] > 0.1).mean() > 0.8


def test_no_organs_give_an_empty_picture() -> None:
    assert not render({}, {}, 20, 10).picture.any()
    assert extent_mm({}) == (0.0, 0.0)


@pytest.mark.parametrize(("degrees", "shown"), [(0, 1), (180, 2)])
def test_the_labels_tell_what_is_seen_from_a_side(degrees: float, shown: int) -> None:
    """A small ball before a large one is hidden when looked at from behind."""
    surfaces, organs = _balls(catalogue()["liver"], catalogue()["spleen"])
    view = render(surfaces, organs, 90, 80, np.radians(degrees))
    height, width = view.labels.shape
    assert view.labels[height // 2, width // 2] == shown
    assert set(np.unique(view.labels)) == ({0, 1, 2} if shown == 1 else {0, 2})


def test_from_the_patient_s_left_the_front_is_on_the_left() -> None:
    surfaces, organs = _balls(catalogue()["liver"], catalogue()["spleen"])
    labels = render(surfaces, organs, 90, 80, np.radians(90)).labels
    assert np.argwhere(labels == 1).mean(axis=0)[1] < np.argwhere(labels == 2).mean(axis=0)[1]


def test_the_extent_is_that_of_the_organs() -> None:
    """Balls of 5 and 10 mm radius, whose centres are 18 mm apart."""
    surfaces, _ = _balls(catalogue()["liver"], catalogue()["spleen"])
    assert extent_mm(surfaces, 0.0)[0] == pytest.approx(20, abs=1)
    assert extent_mm(surfaces, np.radians(90))[0] == pytest.approx(33, abs=1)
