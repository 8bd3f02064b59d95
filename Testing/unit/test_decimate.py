"""Surfaces with fewer triangles: closed, consistently wound and of the same volume still."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk
import trimesh
from OrganSegLib.decimate import decimated, final_surfaces
from OrganSegLib.formats import Choices
from OrganSegLib.organs import catalogue
from OrganSegLib.pipeline import Segmentation
from OrganSegLib.surfaces import area_mm2, extract_surfaces, mesh
from OrganSegLib.volume import Grid, Labelmap
from vtkmodules.vtkCommonDataModel import vtkPolyData

from Testing.unit.ingest.tiny_ct import real
from Testing.unit.shapes import DIRECTIONS, ball, grid_around, two_organs

LIVER = {1: catalogue()["liver"]}


def _solid(surface: vtkPolyData, merge: bool = False) -> trimesh.Trimesh:
    """As trimesh has it; with ``merge`` as it comes out of a file without topology (STL)."""
    points, faces = mesh(surface)
    solid = trimesh.Trimesh(points.astype(np.float32), faces, process=merge)
    assert solid.is_watertight
    assert solid.is_winding_consistent
    assert solid.volume > 0
    return solid


def _large_ball(direction: str = "straight") -> Labelmap:
    grid = grid_around((0.0, 0.0, 0.0), direction, spacing=1.0, size=64)
    return Labelmap(ball(grid, (0.0, 0.0, 0.0), 28.0).astype(np.uint8), grid, LIVER)


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("share", [0.3, 0.5, 0.7])
def test_as_many_triangles_as_wanted_go_and_the_shape_stays(share: float, direction: str) -> None:
    labelmap = _large_ball(direction)
    surfaces = extract_surfaces(labelmap)
    before = _solid(surfaces[1])
    after = _solid(decimated(surfaces, share, labelmap.grid)[1], merge=True)
    assert len(after.faces) == pytest.approx((1 - share) * len(before.faces), rel=0.03)
    assert after.volume == pytest.approx(before.volume, rel=0.01)
    radii = np.linalg.norm(after.vertices - after.center_mass, axis=1)
    assert np.abs(radii - 28).max() < 1.0


def test_nothing_changes_unasked() -> None:
    labelmap = _large_ball()
    surfaces = extract_surfaces(labelmap)
    assert decimated(surfaces, 0.0, labelmap.grid)[1] is surfaces[1]


@pytest.mark.parametrize("share", [0.5, 0.95])
def test_touching_and_ragged_voxels_stay_closed(share: float) -> None:
    """A third of the voxels at random: they meet along edges and corners, in sheets and single voxels."""
    noise = np.random.default_rng(3).random((12, 14, 16)) < 0.3
    grid = Grid((16, 14, 12), (1.0, 1.0, 2.0))
    solid_half = noise.copy()
    solid_half[:6] = True
    for voxels in (noise, solid_half):
        surfaces = extract_surfaces(Labelmap(voxels.astype(np.uint8), grid, LIVER), smoothing=0)
        after = decimated(surfaces, share, grid)[1]
        assert _solid(after).volume == pytest.approx(_solid(surfaces[1]).volume, rel=0.05)
        _solid(after, merge=True)


def test_an_organ_of_few_voxels_stays_as_it_is() -> None:
    grid = Grid((10, 10, 10), (1.0, 1.0, 1.0))
    voxels = np.zeros(grid.shape, np.uint8)
    voxels[4, 4, 4:6] = 1
    surfaces = extract_surfaces(Labelmap(voxels, grid, LIVER))
    assert decimated(surfaces, 0.9, grid)[1] is surfaces[1]


def test_real_organs_stay_closed() -> None:
    image = sitk.ReadImage(real("ct/ts_reference_1_labels_v1.nii.gz"))
    voxels = sitk.GetArrayFromImage(image).astype(np.uint8)
    liver, aorta, colon = 5, 7, 57
    organs = {label: catalogue()["liver"] for label in (liver, aorta, colon)}
    labelmap = Labelmap(voxels, Grid.of(image), organs)
    surfaces = extract_surfaces(labelmap)
    for label, surface in decimated(surfaces, 0.5, labelmap.grid).items():
        before, after = _solid(surfaces[label]), _solid(surface, merge=True)
        assert len(after.faces) < 0.52 * len(before.faces)
        assert after.volume == pytest.approx(before.volume, rel=0.03)


def test_surfaces_are_made_for_files_where_the_run_made_none() -> None:
    scan, labelmap = two_organs()
    found = Segmentation.of(scan, labelmap, surfaces={})
    few, all_ = (final_surfaces(found, Choices(decimate=share)) for share in (0.5, 0.0))
    assert few.keys() == all_.keys() == {1, 2}
    assert few[1].GetNumberOfPolys() < 0.7 * all_[1].GetNumberOfPolys()


def test_surfaces_in_files_are_smoothed_as_wanted() -> None:
    scan, labelmap = two_organs()
    found = Segmentation.of(scan, labelmap)
    areas = [area_mm2(final_surfaces(found, Choices(smoothing=steps))[1]) for steps in (0, 2, None, 6, 20)]
    assert areas == sorted(areas, reverse=True)
    assert areas[2] == areas[3] == area_mm2(found.surfaces[1])
