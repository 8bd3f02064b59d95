"""Surfaces are closed, where the patient is, as large as the organs, and face outwards."""

from __future__ import annotations

import gc

import numpy as np
import pytest
import trimesh
from OrganSegLib.surfaces import area_mm2, extract_surfaces, mesh, polydata, volume_mm3
from OrganSegLib.volume import Grid, Labelmap
from vtkmodules.vtkCommonDataModel import vtkPolyData

from Testing.unit.shapes import DIRECTIONS, ORGANS, ball, grid_around, two_organs


def _read(surface: object, merge: bool = False) -> trimesh.Trimesh:
    points, faces = mesh(surface)  # type: ignore[arg-type]
    return trimesh.Trimesh(points, faces, process=merge)


def _triangles(surface: object) -> set[tuple[tuple[float, ...], ...]]:
    """Corners of each triangle, the smallest first: the same from either side but for their order."""
    triangles = set()
    for corners in _read(surface).triangles:
        a, b, c = (tuple(corner) for corner in corners)
        triangles.add(min((a, b, c), (b, c, a), (c, a, b)))
    return triangles


@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (0.8, 0.8, 2.0)])
def test_a_sphere_keeps_its_area_and_volume(spacing: tuple[float, float, float]) -> None:
    size = tuple(int(46 / step) for step in spacing)
    grid = Grid(size, spacing)  # type: ignore[arg-type]
    inside = ball(grid, (22.5, 22.5, 22.0), 20.0)
    surface = extract_surfaces(Labelmap(inside.astype(np.uint8), grid, {1: ORGANS[1]}))[1]
    assert area_mm2(surface) == pytest.approx(4 * np.pi * 20.0**2, rel=0.03)
    assert _read(surface).area == pytest.approx(area_mm2(surface))
    assert volume_mm3(surface) == pytest.approx(inside.sum() * np.prod(spacing), rel=0.01)
    assert _read(surface).volume == pytest.approx(volume_mm3(surface))


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_surfaces_lie_where_the_organs_are_and_face_outwards(direction: str) -> None:
    _, labelmap = two_organs(direction)
    liver, kidney = (_read(surface) for surface in extract_surfaces(labelmap).values())
    assert liver.center_mass == pytest.approx((-8.0, -20.0, 300.0), abs=0.5)
    assert kidney.center_mass == pytest.approx((26.0, -24.0, 304.0), abs=0.5)
    for body in (liver, kidney):
        assert body.is_watertight
        assert body.is_winding_consistent
        assert body.volume > 0


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("smoothing", [0, 5])
def test_any_labels_give_closed_surfaces(seed: int, smoothing: int) -> None:
    """Noise holds every way in which voxels can touch each other; merged points are what STL readers see."""
    rng = np.random.default_rng(seed)
    labels = rng.choice(4, (7, 8, 9), p=rng.dirichlet(np.ones(4))).astype(np.uint8)
    grid = Grid((9, 8, 7), (0.8, 0.8, 1.3), (-200.0, 150.0, 900.0))
    for surface in extract_surfaces(Labelmap(labels, grid, ORGANS), smoothing).values():
        for merge in (False, True):
            assert _read(surface, merge).is_watertight
            assert _read(surface, merge).is_winding_consistent


def test_an_organ_at_the_border_is_closed_there() -> None:
    grid = Grid((6, 6, 6), (2.0, 2.0, 2.0))
    labels = np.ones(grid.shape, np.uint8)
    surface = _read(extract_surfaces(Labelmap(labels, grid, ORGANS), smoothing=0)[1])
    assert surface.is_watertight
    assert surface.bounds == pytest.approx(np.array([[-1.0] * 3, [11.0] * 3]))


def test_neighbours_share_their_border() -> None:
    grid = Grid((12, 12, 12), (1.0, 1.0, 1.0))
    labels = np.zeros(grid.shape, np.uint8)
    labels[2:10, 2:10, 2:6], labels[2:10, 2:10, 6:10] = 1, 2
    first, second = (
        _triangles(surface) for surface in extract_surfaces(Labelmap(labels, grid, ORGANS)).values()
    )
    shared = first & {(a, c, b) for a, b, c in second}
    assert len(shared) == 2 * 8 * 8


def test_only_the_organs_asked_for_and_present() -> None:
    _, labelmap = two_organs()
    assert list(extract_surfaces(labelmap)) == [1, 2]
    assert list(extract_surfaces(labelmap, organs=[2, 3])) == [2]


def test_nothing_found_gives_no_surfaces() -> None:
    grid = grid_around((0.0, 0.0, 0.0), size=8)
    assert extract_surfaces(Labelmap(np.zeros(grid.shape, np.uint8), grid, ORGANS)) == {}


def test_large_label_values() -> None:
    _, labelmap = two_organs()
    labels = np.where(labelmap.voxels == 1, 255, labelmap.voxels.astype(np.uint16) * 300).astype(np.uint16)
    surfaces = extract_surfaces(Labelmap(labels, labelmap.grid, {255: ORGANS[1], 600: ORGANS[2]}))
    assert {label: _read(surface).is_watertight for label, surface in surfaces.items()} == {
        255: True,
        600: True,
    }


def test_a_mesh_outlives_the_arrays_it_was_made_of() -> None:
    points, faces = np.random.default_rng(0).normal(size=(90_000, 3)), np.arange(90_000).reshape(-1, 3)
    kept = vtkPolyData()
    kept.ShallowCopy(polydata(points.astype(np.float32), faces.astype(np.int32)))
    gc.collect()
    np.ones((90_000, 3), np.float32)  # would take the place of what was freed
    np.testing.assert_array_equal(mesh(kept)[0], points.astype(np.float32))
    np.testing.assert_array_equal(mesh(kept)[1], faces)
