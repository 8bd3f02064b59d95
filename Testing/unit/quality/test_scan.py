"""What is told of a whole scan."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from OrganSegLib.measure import measure
from OrganSegLib.phantom import PHASES, make_phantom
from OrganSegLib.quality import Flag, check_scan, contrast_phase
from OrganSegLib.quality.scan import noise_hu
from OrganSegLib.volume import Grid, Labelmap, Scan

from Testing.unit.shapes import DIRECTIONS, grid_around, positions

GRID = Grid((100, 80, 40), (4.0, 4.0, 5.0), (-200.0, -160.0, 0.0))


def body(grid: Grid = GRID, noise_hu: float = 10.0) -> NDArray[np.float64]:
    """An oval of soft tissue in air with a bone in it, HU."""
    left, back = positions(grid)[..., 0], positions(grid)[..., 1]
    hu = np.where(np.hypot(left / 130, back / 90) < 1, 50.0, -1000.0)
    hu[np.hypot(left, back - 60) < 15] = 300
    return hu + np.random.default_rng(0).normal(0, noise_hu, grid.shape)


def checked(hu: NDArray[np.float64], grid: Grid = GRID) -> dict[str, Flag]:
    return {flag.code: flag for flag in check_scan(Scan(hu.astype(np.int16), grid), [])}


def test_of_a_good_scan_nothing_is_told() -> None:
    assert checked(body()) == {}


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_arms_are_seen_on_any_grid(direction: str) -> None:
    grid = replace(
        grid_around((0.0, 0.0, 0.0), direction, 5.0, 90), size=(90, 90, 45), spacing_mm=(5.0, 5.0, 10.0)
    )
    left, back = positions(grid)[..., 0], positions(grid)[..., 1]
    hu, table = body(grid), (np.abs(back - 110) < 8) & (np.abs(left) < 160)
    hu[table] = 100
    assert "arms" not in checked(hu, grid)
    hu[np.hypot(left - 170, back) < 30], hu[np.hypot(left - 170, back) < 12] = 50, 600
    assert "arms" in checked(hu, grid)


def test_metal_is_seen_and_bone_is_none() -> None:
    hu = body()
    hu[10:12, 40:42, 40:42] = 1800
    assert checked(hu) == {}
    hu[10:12, 40:42, 40:42] = 3000
    flag = checked(hu)["metal"]
    assert (flag.level, flag.value) == ("note", pytest.approx(0.6, abs=0.4))


@pytest.mark.parametrize("noise", [8.0, 25.0, 45.0])
def test_noise_is_measured_where_tissue_is_even(noise: float) -> None:
    grid = Grid((200, 200, 10), (1.0, 1.0, 5.0), (-100.0, -100.0, 0.0))
    hu = body(grid, noise)
    assert noise_hu(Scan(hu.astype(np.int16), grid)) == pytest.approx(noise, rel=0.15)
    assert ("noise" in checked(hu, grid)) == (noise > 30)


def test_noise_of_air_is_not_measured() -> None:
    assert noise_hu(Scan(np.full(GRID.shape, -1000, np.int16), GRID)) is None


def test_a_body_that_the_field_of_view_cuts_is_told() -> None:
    hu = body()[:, :, 25:]
    cropped = replace(GRID, size=(75, 80, 40), origin_mm=(-100.0, -160.0, 0.0))
    assert "at its right." in checked(hu, cropped)["cropped_field"].sentence
    circle = np.hypot(*positions(GRID)[..., :2].T).T < 110
    assert "right and left." in checked(np.where(circle, body(), -1024))["cropped_field"].sentence


def test_a_slab_is_told() -> None:
    slab = replace(GRID, size=(100, 80, 8))
    flag = checked(body(slab), slab)["cropped_field"]
    assert ("4 cm" in flag.sentence, flag.value) == (True, 40)


def test_a_mirrored_scan_is_told() -> None:
    scan, labelmap = make_phantom(1, (6.0, 6.0, 6.0), "abdomen")
    mirrored = Scan(np.flip(scan.voxels, 2), scan.grid)
    labels = Labelmap(np.flip(labelmap.voxels, 2), labelmap.grid, labelmap.organs)
    assert "mirrored" in [flag.code for flag in check_scan(mirrored, measure(mirrored, labels))]
    assert "mirrored" not in [flag.code for flag in check_scan(scan, measure(scan, labelmap))]


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("seed", range(4))
def test_the_contrast_phase_is_guessed(phase: str, seed: int) -> None:
    scan, labelmap = make_phantom(seed, (8.0, 8.0, 8.0), contrast=phase)
    measurements = measure(scan, labelmap)
    assert contrast_phase(measurements) == {"portal": "portal venous"}.get(phase, phase)
    (flag,) = [flag for flag in check_scan(scan, measurements) if flag.code == "contrast_phase"]
    assert (flag.level, flag.value) == ("note", contrast_phase(measurements))


def test_without_blood_nobody_guesses_a_phase() -> None:
    assert contrast_phase([]) is None
