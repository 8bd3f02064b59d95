"""Surface distances against geometry that is known, and against a second implementation."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk
from organseg_training.scoring.surface import compare_surfaces
from scipy import ndimage as ndi
from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy
from vtkmodules.vtkCommonDataModel import vtkImageData
from vtkmodules.vtkFiltersCore import vtkFlyingEdges3D


def ball(radius_mm: float, spacing_mm: tuple[float, ...], centre_mm=(0.0, 0.0, 0.0)) -> np.ndarray:
    axes = [np.arange(-24, 24 + s / 2, s) - c for s, c in zip(spacing_mm, centre_mm, strict=True)]
    z, y, x = np.meshgrid(*axes, indexing="ij")
    return z**2 + y**2 + x**2 <= radius_mm**2


@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (3.0, 0.75, 0.75)])
def test_concentric_balls_lie_their_difference_apart(spacing):
    agreement = compare_surfaces(ball(12, spacing), ball(16, spacing), spacing, tolerance_mm=2.0)
    assert agreement.assd_mm == pytest.approx(4.0, abs=0.6)  # the surface lies somewhere in its cell
    assert agreement.hd95_mm == pytest.approx(4.0, abs=0.6)
    assert agreement.nsd < 0.05
    wide = compare_surfaces(ball(12, spacing), ball(16, spacing), spacing, tolerance_mm=6.5)
    assert wide.nsd == 1.0


def test_equal_masks_agree_fully():
    mask = ball(10, (2.0, 1.0, 1.0))
    agreement = compare_surfaces(mask, mask, (2.0, 1.0, 1.0), tolerance_mm=0.1)
    assert (agreement.nsd, agreement.hd95_mm, agreement.assd_mm) == (1.0, 0.0, 0.0)


def test_surface_counts_by_its_area_and_not_by_its_voxels():
    """A box whose top is moved: only that face disagrees, whose share of the area is known."""
    spacing = (5.0, 1.0, 1.0)
    truth = np.zeros((20, 60, 60), bool)
    truth[5:13, 10:50, 10:50] = True  # 40 mm along each axis: top and bottom are 2 of 6 equal faces
    predicted = truth.copy()
    predicted[13:15, 10:50, 10:50] = True  # 10 mm more
    agreement = compare_surfaces(truth, predicted, spacing, tolerance_mm=2.0)
    side, more = 1600.0, 400.0
    near = 5 * side + 5 * side  # all of the truth but its top, all of the prediction but top and new sides
    assert agreement.nsd == pytest.approx(near / (6 * side + 6 * side + 4 * more), abs=0.05)
    assert agreement.hd95_mm == pytest.approx(10.0, abs=0.1)


def random_pair(seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    fields = [ndi.gaussian_filter(rng.normal(size=(28, 40, 40)), 3) for _ in range(2)]
    truth = fields[0] > np.percentile(fields[0], 75)
    predicted = fields[0] + 0.5 * fields[1] > np.percentile(fields[0], 75)
    return truth, predicted


def elements(mask: np.ndarray, spacing: tuple[float, ...]) -> np.ndarray:
    """Area of the surface in each cell between eight voxels, from vtk's triangles."""
    volume = np.pad(mask, 1).astype(np.uint8)
    image = vtkImageData()
    image.SetDimensions(*volume.shape[::-1])
    image.GetPointData().SetScalars(numpy_to_vtk(volume.ravel(), deep=True))
    cubes = vtkFlyingEdges3D()
    cubes.SetInputData(image)
    cubes.SetValue(0, 0.5)
    cubes.Update()
    surface = cubes.GetOutput()
    points = vtk_to_numpy(surface.GetPoints().GetData())[:, ::-1]
    corners = points[vtk_to_numpy(surface.GetPolys().GetConnectivityArray()).reshape(-1, 3)]
    edges = np.diff(corners, axis=1) * spacing
    areas = np.zeros(volume.shape)
    cells = np.floor(corners.mean(axis=1)).astype(int)
    np.add.at(areas, tuple(cells.T), np.linalg.norm(np.cross(edges[:, 0], edges[:, 1]), axis=1) / 2)
    return areas


def second_implementation(
    truth: np.ndarray, predicted: np.ndarray, spacing: tuple[float, ...], tolerance: float
):
    """NSD, HD95 and ASSD from vtk's triangles and SimpleITK's distance maps."""
    areas = [elements(mask, spacing) for mask in (truth, predicted)]
    distances, weights = [], []
    for one, other in (areas, areas[::-1]):
        image = sitk.GetImageFromArray((other > 0).astype(np.uint8))
        image.SetSpacing(spacing[::-1])
        far = sitk.GetArrayFromImage(sitk.DanielssonDistanceMap(image, useImageSpacing=True))
        distances.append(far[one > 0])
        weights.append(one[one > 0])
    both, area = np.concatenate(distances), np.concatenate(weights)
    hd95 = [
        np.quantile(d, 0.95, weights=w, method="inverted_cdf")
        for d, w in zip(distances, weights, strict=True)
    ]
    return area[both <= tolerance].sum() / area.sum(), max(hd95), np.average(both, weights=area)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (2.5, 0.8, 0.8)])
def test_two_implementations_agree(seed, spacing):
    truth, predicted = random_pair(seed)
    ours = compare_surfaces(truth, predicted, spacing, tolerance_mm=1.7)
    nsd, hd95, assd = second_implementation(truth, predicted, spacing, 1.7)
    assert ours.nsd == pytest.approx(nsd, abs=0.005)
    assert ours.hd95_mm == pytest.approx(hd95, abs=0.01)
    assert ours.assd_mm == pytest.approx(assd, rel=0.01)


def test_an_organ_at_the_border_of_the_array_has_a_closed_surface():
    truth = np.zeros((8, 8, 8), bool)
    truth[:4] = True
    inside = np.pad(truth, 2)
    args = ((1.0, 1.0, 1.0), 0.5)
    predicted = truth.copy()
    predicted[4] = True
    assert compare_surfaces(truth, predicted, *args) == compare_surfaces(inside, np.pad(predicted, 2), *args)
