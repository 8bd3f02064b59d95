"""Measurements against brute force in numpy, on grids of every orientation."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from OrganSegLib.measure import OrganMeasurements, measure, with_areas
from OrganSegLib.surfaces import extract_surfaces
from OrganSegLib.volume import Grid, Labelmap, Scan
from vtkmodules.util.numpy_support import numpy_to_vtk
from vtkmodules.vtkCommonDataModel import vtkImageData
from vtkmodules.vtkImagingStatistics import vtkImageAccumulate
from vtkmodules.vtkImagingStencil import vtkImageToImageStencil

from Testing.unit.shapes import DIRECTIONS, ORGANS, grid_around, positions, two_organs


@pytest.mark.parametrize("dtype", [np.int16, np.uint8, np.float32])
def test_hounsfield_statistics_are_those_of_the_voxels(dtype: type) -> None:
    rng = np.random.default_rng(1)
    grid = Grid((17, 13, 21), (0.7, 0.8, 1.5))
    labels = rng.integers(0, 5, grid.shape).astype(np.uint8)
    hu = rng.normal(100, 30, grid.shape).clip(0, 255).astype(dtype)
    for organ in measure(Scan(hu, grid), Labelmap(labels, grid, ORGANS)):
        values = hu[labels == organ.label].astype(np.float64)
        assert organ.voxels == values.size
        assert organ.volume_ml == pytest.approx(values.size * 0.7 * 0.8 * 1.5 / 1000, rel=1e-12)
        assert organ.mean_hu == pytest.approx(values.mean(), rel=1e-9)
        assert organ.sd_hu == pytest.approx(values.std(ddof=1), rel=1e-9)
        assert organ.median_hu == pytest.approx(np.median(values), rel=1e-6)
        assert (organ.min_hu, organ.max_hu) == (values.min(), values.max())
        percentiles = (organ.p5_hu, organ.p25_hu, organ.p75_hu, organ.p95_hu)
        assert percentiles == pytest.approx(np.percentile(values, [5, 25, 75, 95]), rel=1e-6)


def _image(voxels: NDArray[Any]) -> vtkImageData:
    image = vtkImageData()
    image.SetDimensions(*voxels.shape[::-1])
    image.GetPointData().SetScalars(numpy_to_vtk(voxels.ravel(), deep=True))
    return image


@pytest.mark.parametrize("dtype", [np.int16, np.float32])
def test_numbers_equal_those_of_the_filter_behind_segment_statistics(dtype: type) -> None:
    scan, labelmap = two_organs("oblique")
    hu = scan.voxels.astype(dtype)
    for organ in measure(Scan(hu, scan.grid), labelmap)[:2]:
        stencil = vtkImageToImageStencil()
        stencil.SetInputData(_image((labelmap.voxels == organ.label).astype(np.uint8)))
        stencil.ThresholdByUpper(1)
        accumulate = vtkImageAccumulate()
        accumulate.SetInputData(_image(hu))
        stencil.Update()
        accumulate.SetStencilData(stencil.GetOutput())
        accumulate.Update()
        assert organ.voxels == accumulate.GetVoxelCount()
        assert organ.mean_hu == pytest.approx(accumulate.GetMean()[0], rel=1e-12)
        assert organ.sd_hu == pytest.approx(accumulate.GetStandardDeviation()[0], rel=1e-9)
        assert (organ.min_hu, organ.max_hu) == (accumulate.GetMin()[0], accumulate.GetMax()[0])


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_positions_are_those_of_the_patient(direction: str) -> None:
    scan, labelmap = two_organs(direction)
    corners = np.array(list(product((-0.5, 0.5), repeat=3))) @ labelmap.grid.affine[:3, :3].T
    for organ in measure(scan, labelmap)[:2]:
        centres = positions(labelmap.grid)[labelmap.voxels == organ.label]
        everywhere = centres[:, None] + corners
        assert organ.centroid_mm == pytest.approx(centres.mean(axis=0))
        assert organ.bounds_mm is not None
        assert organ.bounds_mm[0] == pytest.approx(everywhere.min(axis=(0, 1)))
        assert organ.bounds_mm[1] == pytest.approx(everywhere.max(axis=(0, 1)))


def test_organs_come_in_label_order_with_their_index_extent() -> None:
    scan, labelmap = two_organs()
    found = measure(scan, Labelmap(labelmap.voxels, labelmap.grid, dict(reversed(ORGANS.items()))))
    assert [(organ.label, organ.name) for organ in found] == [(n, ORGANS[n].name) for n in sorted(ORGANS)]
    k, j, i = np.nonzero(labelmap.voxels == 2)
    assert found[1].extent == (i.min(), i.max(), j.min(), j.max(), k.min(), k.max())


def test_an_absent_organ_has_no_values() -> None:
    scan, labelmap = two_organs()
    assert measure(scan, labelmap)[2] == OrganMeasurements("spleen", 3)
    assert OrganMeasurements("spleen", 3).status == "absent"


def test_one_voxel_has_no_standard_deviation() -> None:
    grid = Grid((4, 4, 4), (1.0, 1.0, 1.0))
    labels = np.zeros(grid.shape, np.uint16)
    labels[1, 2, 1] = 1
    for dtype in (np.int16, np.float32):
        organ = measure(Scan(np.full(grid.shape, 40, dtype), grid), Labelmap(labels, grid, ORGANS))[0]
        assert (organ.voxels, organ.mean_hu, organ.sd_hu) == (1, 40.0, None)


@pytest.mark.parametrize(("axis", "side"), list(product(range(3), (0, -1))))
def test_an_organ_at_the_border_is_truncated(axis: int, side: int) -> None:
    scan, labelmap = two_organs()
    labels = labelmap.voxels.copy()
    assert measure(scan, labelmap)[0].truncated is False
    place = [10, 20, 20]
    place[axis] = side
    labels[tuple(place)] = 1
    assert measure(scan, Labelmap(labels, labelmap.grid, ORGANS))[0].truncated is True


def test_surface_area_is_filled_in_when_there_are_surfaces() -> None:
    scan, labelmap = two_organs()
    assert measure(scan, labelmap)[0].surface_area_mm2 is None
    liver, *_, aorta = with_areas(measure(scan, labelmap), extract_surfaces(labelmap))
    assert liver.surface_area_mm2 == pytest.approx(4 * np.pi * 14.0**2, rel=0.05)
    assert aorta.surface_area_mm2 is None


def test_a_labelmap_without_organs_gives_no_measurements() -> None:
    grid = grid_around((0.0, 0.0, 0.0), size=8)
    empty = np.zeros(grid.shape, np.int16)
    assert measure(Scan(empty, grid), Labelmap(empty.astype(np.uint8), grid, {})) == []
