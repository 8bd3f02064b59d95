"""What the scanner saw, and where it cuts organs off."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from OrganSegLib.field import FACES, Field, body_axis, box_of, face_names, lps_axes
from OrganSegLib.measure import measure
from OrganSegLib.organs import catalogue
from OrganSegLib.volume import Grid, Labelmap, Scan

from Testing.unit.shapes import DIRECTIONS, ball, grid_around, positions

GRID = grid_around((0.0, 0.0, 0.0), size=60)  # 120 mm each way, slices of 4 mm
PADDING = -1024


def scan_of(seen: NDArray[np.bool_], grid: Grid = GRID) -> Scan:
    """Noisy tissue and air where something was seen, padding elsewhere."""
    noise = np.random.default_rng(0).normal(0, 10, grid.shape)
    tissue = np.hypot(*positions(grid)[..., :2].T).T < 45
    return Scan(np.where(seen, np.where(tissue, 40, -1000) + noise, PADDING).astype(np.int16), grid)


def cut_faces(scan: Scan, centre: tuple[float, float, float], radius_mm: float = 10.0) -> tuple[str, ...]:
    """Where a liver, which is a ball, is cut off."""
    labels = ball(scan.grid, centre, radius_mm).astype(np.uint8)
    (liver,) = measure(scan, Labelmap(labels, scan.grid, {1: catalogue()["liver"]}))
    assert liver.extent
    faces = Field.of(scan).cut_faces(labels, 1, box_of(liver.extent[::2], liver.extent[1::2]))
    assert liver.truncated == bool(faces)
    return faces


def test_all_of_a_scan_without_padding_was_seen() -> None:
    scan = scan_of(np.ones(GRID.shape, bool))
    field = Field.of(scan)
    assert (field.seen, field.blind) == (GRID, None)
    np.testing.assert_allclose(field.bounds_mm, [[-60, -60, -60], [60, 60, 60]])
    assert cut_faces(scan, (0, 0, 0)) == ()
    assert cut_faces(scan, (52, -52, 0)) == ("front", "left")


def test_padding_at_the_ends_was_not_scanned() -> None:
    s = positions(GRID)[..., 2]
    scan = scan_of((s > -30) & (s < 20))
    assert Field.of(scan).seen.size[2] == 12
    assert cut_faces(scan, (0, 0, 12)) == ("upper",)
    assert cut_faces(scan, (0, 0, -22)) == ("lower",)
    assert cut_faces(scan, (0, 0, -5)) == ()


def test_an_organ_may_be_cut_off_by_the_circle_that_was_reconstructed() -> None:
    scan = scan_of(np.hypot(*positions(GRID)[..., :2].T).T < 58)
    assert Field.of(scan).blind is not None
    assert cut_faces(scan, (50, 0, 0)) == ("left",)
    assert cut_faces(scan, (-35, 34, 0)) != ()
    assert cut_faces(scan, (30, 0, 0)) == ()


def test_erased_surroundings_of_a_body_are_no_field_of_view() -> None:
    left, back = positions(GRID)[..., 0], positions(GRID)[..., 1]
    scan = scan_of(np.hypot(left / 55, back / 35) < 1)
    assert Field.of(scan).blind is None
    assert cut_faces(scan, (44, 0, 0)) == ()


def test_a_scan_of_nothing_but_padding_is_taken_whole() -> None:
    assert Field.of(scan_of(np.zeros(GRID.shape, bool))).seen == GRID


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_faces_are_the_patient_s(direction: str) -> None:
    grid = grid_around((0.0, 0.0, 0.0), direction)
    names = [name for axis in range(3) for name in face_names(grid, axis)]
    assert sorted(names) == sorted(FACES)
    at = positions(grid)
    for axis in range(3):
        begin, end = face_names(grid, axis)
        lps = lps_axes(grid)[axis]
        first, last = at.take(0, axis)[..., lps].mean(), at.take(-1, axis)[..., lps].mean()
        assert (first < last) == (FACES.index(begin) < 3), (begin, end)
    assert lps_axes(grid)[body_axis(grid)] == 2


def test_a_grid_turned_by_half_a_right_angle_has_three_axes_still() -> None:
    half = 0.5**0.5
    turned = replace(GRID, direction=(half, -half, 0.0, half, half, 0.0, 0.0, 0.0, 1.0))
    assert sorted(lps_axes(turned)) == [0, 1, 2]
