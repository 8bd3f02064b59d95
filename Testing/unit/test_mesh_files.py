"""STL and GLB files as trimesh reads them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import trimesh
from OrganSegLib.mesh_files import write_glb, write_stl
from OrganSegLib.surfaces import area_mm2, extract_surfaces

from Testing.unit.shapes import two_organs


def test_stl_is_a_closed_surface_in_patient_millimetres(tmp_path: Path) -> None:
    _, labelmap = two_organs("oblique")
    surface = extract_surfaces(labelmap)[2]
    write_stl(tmp_path / "kidney_left.stl", surface)
    body = trimesh.load_mesh(tmp_path / "kidney_left.stl")
    assert body.is_watertight
    assert body.volume > 0
    assert body.area == pytest.approx(area_mm2(surface), rel=1e-4)
    assert body.center_mass == pytest.approx((26.0, -24.0, 304.0), abs=0.5)
    header = (tmp_path / "kidney_left.stl").read_bytes()[:80]
    assert b"SPACE=LPS" in header
    assert not header.startswith(b"solid")  # readers would take the file for text


def test_glb_holds_each_organ_by_name_in_its_colour(tmp_path: Path) -> None:
    _, labelmap = two_organs()
    write_glb(tmp_path / "organs.glb", extract_surfaces(labelmap), labelmap.organs)
    scene = trimesh.load_scene(tmp_path / "organs.glb")
    assert set(scene.graph.nodes_geometry) == set(scene.geometry) == {"liver", "kidney_left"}
    for label in (1, 2):
        organ = labelmap.organs[label]
        body = scene.geometry[organ.name]
        assert body.is_watertight
        assert body.volume > 0
        linear = body.visual.material.baseColorFactor[:3] / 255
        assert linear == pytest.approx(np.divide(organ.colour, 255) ** 2.2, abs=0.01)


def test_glb_is_in_metres_with_the_head_up_and_the_front_forward(tmp_path: Path) -> None:
    _, labelmap = two_organs()
    write_glb(tmp_path / "organs.glb", extract_surfaces(labelmap), labelmap.organs)
    kidney = trimesh.load_scene(tmp_path / "organs.glb").geometry["kidney_left"]
    left, posterior, superior = 0.026, -0.024, 0.304
    assert kidney.center_mass == pytest.approx((left, superior, -posterior), abs=5e-4)
    outwards = kidney.vertices - kidney.center_mass
    assert (np.einsum("ij,ij->i", kidney.vertex_normals, outwards) > 0).all()


def test_glb_without_organs_is_still_a_scene(tmp_path: Path) -> None:
    write_glb(tmp_path / "organs.glb", {}, {})
    assert not trimesh.load_scene(tmp_path / "organs.glb").geometry
