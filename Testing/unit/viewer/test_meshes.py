"""What is lost when surfaces become small enough for a page, and what is not."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from OrganSegLib.surfaces import extract_surfaces, mesh
from OrganSegLib.triangles import face_normals
from OrganSegLib.viewer import meshes
from OrganSegLib.viewer.meshes import Lattice, reduced
from OrganSegLib.volume import Labelmap
from vtkmodules.vtkCommonDataModel import vtkPolyData

from Testing.unit.shapes import ORGANS, ball, grid_around

CENTRE = (10.0, -20.0, 300.0)
RADIUS_MM = 30.0


@pytest.fixture(scope="module")
def surfaces() -> dict[int, vtkPolyData]:
    """Of a ball cut into halves, each an organ."""
    grid = grid_around(CENTRE, spacing=1.0, size=64)
    labels = ball(grid, CENTRE, RADIUS_MM).astype(np.uint8)
    labels[: grid.shape[0] // 2] *= 2
    return extract_surfaces(Labelmap(labels, grid, ORGANS))


def _volume_ml(points: NDArray[np.floating], faces: NDArray[np.integer]) -> float:
    a, b, c = np.moveaxis(points[faces], 1, 0)
    return float(np.einsum("ij,ij->i", a, np.cross(b, c)).sum()) / 6000


def test_few_triangles_stay_as_they_are(surfaces: dict[int, vtkPolyData]) -> None:
    for label, (points, faces) in reduced(surfaces).items():
        assert np.array_equal(points, mesh(surfaces[label])[0])
        assert np.array_equal(faces, mesh(surfaces[label])[1])


def test_many_triangles_become_about_as_many_as_a_page_takes(
    surfaces: dict[int, vtkPolyData], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(meshes, "TRIANGLES", 5_000)
    monkeypatch.setattr(meshes, "SMALL", 1_000)
    assert sum(surface.GetNumberOfPolys() for surface in surfaces.values()) > 15_000
    few = reduced(surfaces)
    assert sum(len(faces) for _, faces in few.values()) == pytest.approx(5_000, rel=0.2)
    for label, (points, faces) in few.items():
        assert _volume_ml(points, faces) == pytest.approx(_volume_ml(*mesh(surfaces[label])), rel=0.03)
        assert np.linalg.norm(points - CENTRE, axis=1).max() < RADIUS_MM + 1.5


def test_no_hole_is_torn(surfaces: dict[int, vtkPolyData], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meshes, "TRIANGLES", 3_000)
    monkeypatch.setattr(meshes, "SMALL", 1_000)
    for points, faces in reduced(surfaces).values():
        start, end = faces.ravel(), np.roll(faces, -1, axis=1).ravel()
        along, back = (np.bincount(a * len(points) + b) for a, b in ((start, end), (end, start)))
        assert np.array_equal(along, back)


def test_small_organs_keep_their_shape(
    surfaces: dict[int, vtkPolyData], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(meshes, "TRIANGLES", 5_000)
    monkeypatch.setattr(meshes, "SMALL", 10**6)
    for label, (_, faces) in reduced(surfaces).items():
        assert len(faces) == surfaces[label].GetNumberOfPolys()


def test_packing_keeps_positions_to_a_hundredth_of_a_millimetre(surfaces: dict[int, vtkPolyData]) -> None:
    lattice = Lattice.around(surfaces)
    for surface in surfaces.values():
        points, faces = mesh(surface)
        packed = lattice.packed(points, faces)
        back = np.array(lattice.origin_mm) + lattice.step_mm * packed.points
        assert np.abs(back - points).max() < 0.01
        assert packed.triangles.dtype == np.uint16
        assert np.array_equal(packed.triangles, faces)
        lengths = np.linalg.norm(packed.normals.astype(float), axis=1)
        assert lengths == pytest.approx(127, abs=1)


def test_every_triangle_faces_as_its_normals_do() -> None:
    """A fold that looks the other way would be a dark speck."""
    points = np.array([[0, 0, 0], [10, 0, 0], [0, 10, 0], [10, 10, 0], [4, 4, 0.1]], float)
    faces = np.array([[0, 1, 2], [1, 3, 2], [1, 2, 4]])
    lattice = Lattice((0.0, 0.0, 0.0), 0.01)
    packed = lattice.packed(points, np.concatenate([faces[:2], faces[2:, ::-1]]))
    towards = face_normals(points, packed.triangles.astype(int))
    assert np.all(towards[:, 2] > 0)


def test_no_surface_is_no_trouble() -> None:
    assert reduced({}) == {}
    assert Lattice.around({}).step_mm == 1.0
