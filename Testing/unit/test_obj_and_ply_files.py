"""OBJ and PLY as trimesh reads them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import trimesh
from OrganSegLib import obj_files, ply_files
from OrganSegLib.export import write_results
from OrganSegLib.formats import Choices
from OrganSegLib.pipeline import Segmentation
from OrganSegLib.surfaces import mesh, volume_mm3
from OrganSegLib.volume import Labelmap

from Testing.unit.shapes import two_organs


@pytest.fixture(scope="module")
def found() -> Segmentation:
    return Segmentation.of(*two_organs("oblique"))


def _bodies(folder: Path, kind: str) -> dict[str, trimesh.Trimesh]:
    """The organs by name, as trimesh loads them."""
    if kind == "obj":
        return dict(
            trimesh.load_scene(folder / "organs.obj", split_objects=True, group_material=False).geometry
        )
    if kind == "glb":
        return dict(trimesh.load_scene(folder / "organs.glb").geometry)
    place = folder / ("ply" if kind == "ply" else "surfaces")
    return {path.stem: trimesh.load_mesh(path) for path in place.iterdir()}


@pytest.mark.parametrize("share", [0.0, 0.5])
@pytest.mark.parametrize("kind", ["stl", "glb", "obj", "ply"])
def test_every_file_holds_closed_bodies(kind: str, share: float, found: Segmentation, tmp_path: Path) -> None:
    further = [kind] if kind in ("obj", "ply") else []
    write_results(tmp_path, found, picture=False, formats=further, choices=Choices(decimate=share))
    bodies = _bodies(tmp_path, kind)
    assert bodies.keys() == {"liver", "kidney_left"}
    metres = 1e-9 if kind == "glb" else 1.0
    for organ in found.measurements[:2]:
        body = bodies[organ.name]
        assert body.is_watertight
        assert body.is_winding_consistent
        surface = found.surfaces[organ.label]
        assert body.volume == pytest.approx(metres * volume_mm3(surface), rel=0.1 * share + 1e-5)
        assert len(body.faces) <= (1 - 0.8 * share) * surface.GetNumberOfPolys()


def test_obj_names_organs_in_their_colours(found: Segmentation, tmp_path: Path) -> None:
    assert obj_files.write(found, tmp_path, Choices()) == ["organs.obj", "organs.mtl"]
    bodies = _bodies(tmp_path, "obj")
    for label in (1, 2):
        organ, (points, _) = found.labelmap.organs[label], mesh(found.surfaces[label])
        body = bodies[organ.name]
        assert body.bounds == pytest.approx(np.array([points.min(axis=0), points.max(axis=0)]), abs=1e-3)
        assert body.visual.material.main_color[:3] == pytest.approx(organ.colour, abs=1)
    assert "SPACE=LPS" in (tmp_path / "organs.obj").read_text().splitlines()[0]


def test_ply_holds_one_organ_in_its_colour(found: Segmentation, tmp_path: Path) -> None:
    assert ply_files.write(found, tmp_path, Choices()) == ["ply"]
    for label in (1, 2):
        organ, (points, faces) = found.labelmap.organs[label], mesh(found.surfaces[label])
        path = tmp_path / "ply" / f"{organ.name}.ply"
        body = trimesh.load_mesh(path, process=False)
        assert np.allclose(body.vertices, points, atol=1e-4)
        assert np.array_equal(body.faces, faces)
        assert np.array_equal(np.unique(body.visual.vertex_colors[:, :3], axis=0), [organ.colour])
        assert b"comment OrganSeg surface; SPACE=LPS" in path.read_bytes()[:200]


def test_without_organs_they_are_empty_and_no_error(found: Segmentation, tmp_path: Path) -> None:
    empty = Labelmap(np.zeros_like(found.labelmap.voxels), found.scan.grid, found.labelmap.organs)
    nothing = Segmentation.of(found.scan, empty)
    assert obj_files.write(nothing, tmp_path, Choices()) == ["organs.obj", "organs.mtl"]
    assert ply_files.write(nothing, tmp_path, Choices()) == ["ply"]
    assert not list((tmp_path / "ply").iterdir())
    assert (tmp_path / "organs.mtl").read_text() == ""
