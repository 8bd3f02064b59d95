"""Operations on triangle meshes that surfaces are made with."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
import trimesh
from OrganSegLib.triangles import face_normals, parted, smoothed, vertex_normals, without_unused

BALL = trimesh.creation.icosphere(subdivisions=3, radius=10.0)
BOX = trimesh.creation.box()
CORNERS = np.array(list(product((0.0, 1.0), repeat=3)))
QUADS = np.array([[0, 1, 3, 2], [4, 6, 7, 5], [0, 4, 5, 1], [2, 3, 7, 6], [0, 2, 6, 4], [1, 5, 7, 3]])


def test_smoothing_takes_noise_away_and_keeps_the_volume() -> None:
    noise = np.random.default_rng(0).normal(0, 0.2, BALL.vertices.shape)
    smooth = smoothed(BALL.vertices + noise, BALL.faces, 4)
    radii = np.linalg.norm(smooth, axis=1)
    assert radii.std() < 0.08
    assert trimesh.Trimesh(smooth, BALL.faces).volume == pytest.approx(BALL.volume, rel=0.01)


def test_normals_point_outwards() -> None:
    assert np.abs(face_normals(BOX.vertices, BOX.faces)).sum(axis=1) == pytest.approx(np.ones(12))
    normals = vertex_normals(BALL.vertices, BALL.faces)
    assert normals == pytest.approx(BALL.vertices / 10.0, abs=0.02)


def test_unused_points_are_dropped() -> None:
    points, faces = without_unused(np.vstack([[[9.0, 9.0, 9.0]], BOX.vertices]), BOX.faces + 1)
    assert points == pytest.approx(np.asarray(BOX.vertices))
    assert np.array_equal(faces, BOX.faces)


def test_a_sound_mesh_is_only_divided_into_triangles() -> None:
    points, faces = parted(CORNERS, QUADS, 0.01)
    assert points == pytest.approx(CORNERS)
    divided = trimesh.Trimesh(points, faces, process=False)
    assert len(faces) == 12
    assert divided.is_watertight
    assert divided.volume == pytest.approx(1.0)


def test_boxes_that_share_an_edge_are_parted_into_two() -> None:
    both, place = np.unique(np.vstack([CORNERS, CORNERS + (1.0, 1.0, 0.0)]), axis=0, return_inverse=True)
    quads = place[np.vstack([QUADS, QUADS + 8])]
    assert len(both) == 14
    points, faces = parted(both, quads, 0.01)
    repaired = trimesh.Trimesh(points, faces, process=False)
    assert repaired.is_watertight
    assert repaired.volume == pytest.approx(2.0, abs=0.02)
