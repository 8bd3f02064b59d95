"""Shapes against what is known of ellipsoids and boxes, against ITK, and against brute force."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import SimpleITK as sitk
from numpy.typing import NDArray
from OrganSegLib.measure import OrganMeasurements
from OrganSegLib.phantom import LABELS
from OrganSegLib.shape import OrganShape, SideRatio, measure_shapes, side_ratios
from OrganSegLib.surfaces import extract_surfaces
from OrganSegLib.volume import Grid, Labelmap
from scipy.spatial.distance import pdist

from Testing.unit.shapes import DIRECTIONS, ORGANS, TIPPED, TURNED, grid_around, positions, two_organs

CENTRE = (10.0, -20.0, 300.0)
TILTED = (
    np.reshape(TIPPED, (3, 3)) @ np.reshape(TURNED, (3, 3)).T
)  # columns: axes of what lies in no grid's way


def _shape(labelmap: Labelmap) -> OrganShape:
    return measure_shapes(labelmap, {})[0]


def _labelled(grid: Grid, inside: NDArray[np.bool_]) -> Labelmap:
    return Labelmap(inside.astype(np.uint8), grid, {1: ORGANS[1]})


def _noise(direction: str, seed: int = 0) -> Labelmap:
    """Scattered voxels of every kind of contact, on a grid of three different spacings."""
    grid = Grid((9, 8, 7), (0.7, 1.1, 2.5), (-20.0, 30.0, 500.0), DIRECTIONS[direction])
    return _labelled(grid, np.random.default_rng(seed).random(grid.shape) < 0.2)


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_an_ellipsoid_has_its_axes_whatever_the_grid(direction: str) -> None:
    half = np.array([30.0, 18.0, 11.0])
    grid = grid_around(CENTRE, direction, spacing=1.2, size=64)
    along = (positions(grid) - CENTRE) @ TILTED
    found = _shape(_labelled(grid, np.linalg.norm(along / half, axis=-1) < 1))
    diagonal = float(np.linalg.norm(grid.spacing_mm))  # whole voxels reach that much further at most
    assert np.array(found.extents_mm) == pytest.approx(2 * half, abs=diagonal)
    assert found.max_diameter_mm == pytest.approx(60.0, abs=diagonal)
    assert found.axis_lengths_mm == pytest.approx(4 * half / np.sqrt(5), rel=0.01)
    assert (found.elongation, found.flatness) == pytest.approx((18 / 30, 11 / 30), rel=0.02)
    p = 1.6075  # Thomsen's formula is within 1.1 % of an ellipsoid's area
    pairs = np.array([half[0] * half[1], half[0] * half[2], half[1] * half[2]]) ** p
    area, volume = 4 * np.pi * pairs.mean() ** (1 / p), 4 / 3 * np.pi * half.prod()
    assert found.surface_area_mm2 == pytest.approx(area, rel=0.03)
    assert found.surface_volume_ml == pytest.approx(volume / 1000, rel=0.01)
    assert found.sphericity == pytest.approx((36 * np.pi * volume**2) ** (1 / 3) / area, rel=0.03)
    assert found.extent_axes is not None
    cosines = np.abs(np.array(found.extent_axes) @ TILTED)
    assert cosines == pytest.approx(np.eye(3), abs=0.05)


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_a_box_along_the_grid_is_exact(direction: str) -> None:
    grid = Grid((30, 24, 18), (0.7, 1.3, 2.1), (5.0, 6.0, 7.0), DIRECTIONS[direction])
    inside = np.zeros(grid.shape, bool)
    inside[3:15, 4:14, 5:25] = True  # 20 x 0.7, 10 x 1.3, 12 x 2.1 mm
    found = _shape(_labelled(grid, inside))
    assert found.extents_mm == pytest.approx((25.2, 14.0, 13.0))
    axes = np.reshape(DIRECTIONS[direction], (3, 3)).T[[2, 0, 1]]
    assert np.abs(np.sum(axes * found.extent_axes, axis=1)) == pytest.approx(np.ones(3))


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_extents_and_axes_are_those_of_itk(direction: str) -> None:
    labelmap = _noise(direction)
    itk = sitk.LabelShapeStatisticsImageFilter()
    itk.ComputeOrientedBoundingBoxOn()
    itk.Execute(labelmap.grid.image(labelmap.voxels))
    found = _shape(labelmap)
    sides = np.array(itk.GetOrientedBoundingBoxSize(1))
    order = np.argsort(-sides)
    assert found.extents_mm == pytest.approx(sides[order])
    axes = np.reshape(itk.GetPrincipalAxes(1), (3, 3))[order]
    assert np.abs(np.sum(axes * found.extent_axes, axis=1)) == pytest.approx(np.ones(3))
    moments = np.array(itk.GetPrincipalMoments(1))[::-1]
    assert found.axis_lengths_mm == pytest.approx(4 * np.sqrt(moments))


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("seed", range(3))
def test_the_diameter_is_the_largest_distance_between_faces_of_the_border(direction: str, seed: int) -> None:
    """Middles of the steps between inside and outside: the points of PyRadiomics' mesh."""
    labelmap = _noise(direction, seed)
    padded = np.pad(labelmap.voxels == 1, 1)
    points = []
    for axis in range(3):
        border = np.argwhere(np.diff(padded.astype(np.int8), axis=axis)).astype(float) - 1
        border[:, axis] += 0.5
        points.append(border[:, ::-1])
    everywhere = np.concatenate(points) @ labelmap.grid.affine[:3, :3].T
    assert _shape(labelmap).max_diameter_mm == pytest.approx(pdist(everywhere).max())


@pytest.mark.parametrize(("k", "j", "i"), [(1, 1, 1), (1, 1, 5), (1, 4, 5), (3, 1, 5)])
def test_organs_thin_as_a_voxel_have_a_size(k: int, j: int, i: int) -> None:
    grid = Grid((8, 8, 8), (1.0, 2.0, 3.0))
    inside = np.zeros(grid.shape, bool)
    inside[1 : 1 + k, 2 : 2 + j, 2 : 2 + i] = True
    found = _shape(_labelled(grid, inside))
    assert found.extents_mm == pytest.approx(sorted((i * 1.0, j * 2.0, k * 3.0), reverse=True))
    between_faces = (np.array([i, j - 1, k - 1]), np.array([i - 1, j, k - 1]), np.array([i - 1, j - 1, k]))
    lengths = [float(np.linalg.norm(steps * (1.0, 2.0, 3.0))) for steps in between_faces]
    assert found.max_diameter_mm == pytest.approx(max(lengths))
    assert found.surface_area_mm2 is not None
    assert found.surface_area_mm2 > 0
    assert (found.elongation is None) == (k == j == i == 1)
    assert found.sphericity is not None
    assert 0 < found.sphericity <= 1


def test_a_plane_across_the_grid_has_no_hull_but_a_diameter() -> None:
    grid = Grid((9, 9, 9), (1.0, 1.0, 1.0))
    k, _, i = np.indices(grid.shape)
    found = _shape(_labelled(grid, k == i))
    assert found.max_diameter_mm == pytest.approx(np.linalg.norm([9, 8, 8]))
    assert found.flatness == pytest.approx(0, abs=1e-6)


def test_a_surface_that_was_smoothed_to_a_point_has_no_sphericity() -> None:
    grid = Grid((3, 3, 3), (1.0, 1.0, 1.0))
    labelmap = _labelled(grid, np.indices(grid.shape).sum(axis=0) == 0)
    found = measure_shapes(labelmap, extract_surfaces(labelmap, smoothing=60))[0]
    assert found.surface_area_mm2 == 0
    assert found.sphericity is None


def test_organs_come_in_label_order_and_absent_ones_without_values() -> None:
    _, labelmap = two_organs("oblique")
    shuffled = replace(labelmap, organs=dict(reversed(ORGANS.items())))
    given = measure_shapes(shuffled, extract_surfaces(labelmap))
    assert [shape.name for shape in given] == [organ.name for organ in ORGANS.values()]
    assert given[2] == OrganShape("spleen", 3)
    assert given == measure_shapes(labelmap, {})


def test_an_empty_labelmap_has_no_shapes() -> None:
    grid = Grid((4, 4, 4), (1.0, 1.0, 1.0))
    empty = np.zeros(grid.shape, np.uint8)
    assert measure_shapes(Labelmap(empty, grid, {}), {}) == []
    assert measure_shapes(Labelmap(empty, grid, {1: ORGANS[1]}), {}) == [OrganShape("liver", 1)]


def _organ(name: str, volume_ml: float, truncated: bool = False) -> OrganMeasurements:
    status = "found" if volume_ml else "absent"
    return OrganMeasurements(name, 1, status, int(volume_ml), volume_ml, truncated=truncated)  # type: ignore[arg-type]


def test_sides_are_compared_where_both_are_whole() -> None:
    organs = [_organ("kidney_left", 150.0), _organ("kidney_right", 120.0), _organ("liver", 1500.0)]
    organs += [_organ("lung_left", 900.0), _organ("lung_right", 1800.0, truncated=True)]
    organs += [_organ("adrenal_gland_left", 0.0), _organ("adrenal_gland_right", 4.0)]
    kidney, lung, adrenal = side_ratios(organs)
    assert kidney == SideRatio("kidney", 150.0, 120.0, 1.25)
    assert (lung.left_ml, lung.right_ml, lung.ratio) == (900.0, 1800.0, None)
    assert lung.remark == "The scan cuts off the right lung."
    assert (adrenal.left_ml, adrenal.right_ml, adrenal.ratio) == (None, 4.0, None)
    assert adrenal.remark == "The left adrenal gland was not found."


def test_a_side_alone_is_no_pair() -> None:
    assert side_ratios([_organ("kidney_left", 150.0), _organ("liver", 1500.0)]) == []


def test_the_phantom_has_three_pairs() -> None:
    names = [ratio.name for ratio in side_ratios([_organ(name, 1.0) for name in LABELS])]
    assert names == ["kidney", "adrenal_gland", "lung"]
