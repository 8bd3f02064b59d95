"""Nets lie where VTK's do, whatever the labels, and bound as many voxels as there are."""

from __future__ import annotations

import numpy as np
import pytest
from OrganSegLib.surface_nets import SLAB, surface_net
from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy
from vtkmodules.vtkCommonDataModel import vtkImageData
from vtkmodules.vtkFiltersCore import vtkSurfaceNets3D


def noise(depth: int, kind: type[np.integer], organs: int) -> np.ndarray:
    """Labels at random in a margin of background: sheets touch along edges and at corners."""
    values = np.random.default_rng(depth).integers(0, organs + 1, (depth, 6, 7)).astype(kind)
    return np.pad(values, 1)


def quads_of_vtk(labels: np.ndarray, organs: int) -> list[tuple[float, ...]]:
    image = vtkImageData()
    image.SetDimensions(*labels.shape[::-1])
    image.GetPointData().SetScalars(numpy_to_vtk(labels.ravel(), deep=True))
    nets = vtkSurfaceNets3D()
    nets.SetInputData(image)
    nets.SetBackgroundLabel(0)
    for place, label in enumerate(range(1, organs + 1)):
        nets.SetValue(place, label)
    nets.SetOutputMeshTypeToQuads()
    nets.SmoothingOff()
    nets.Update()
    output = nets.GetOutput()
    points = vtk_to_numpy(output.GetPoints().GetData())
    quads = vtk_to_numpy(output.GetPolys().GetConnectivityArray()).reshape(-1, 4)
    sides = vtk_to_numpy(output.GetCellData().GetArray("BoundaryLabels"))
    return sorted_quads(points, quads, sides)


def sorted_quads(points: np.ndarray, quads: np.ndarray, sides: np.ndarray) -> list[tuple[float, ...]]:
    """Middle, area as a vector and labels of each quad, as seen from the higher: all but its first corner."""
    corners = points[quads]
    area = np.cross(corners[:, 2] - corners[:, 0], corners[:, 3] - corners[:, 1]) / 2
    area[sides[:, 0] > sides[:, 1]] *= -1
    sides = np.sort(sides, axis=1)
    return sorted(map(tuple, np.concatenate([corners.mean(axis=1), area, sides], axis=1)))


@pytest.mark.parametrize("depth", [1, SLAB - 2, SLAB - 1, SLAB, 3 * SLAB + 1])
@pytest.mark.parametrize(("kind", "organs"), [(np.uint8, 1), (np.uint8, 5), (np.uint16, 300)])
def test_the_same_quads_as_vtks(depth: int, kind: type[np.integer], organs: int) -> None:
    labels = noise(depth, kind, organs)
    net = surface_net(labels)
    ours = sorted_quads(net.points, net.quads, np.stack([net.behind, net.before], axis=1))
    assert ours == quads_of_vtk(labels, organs)


def test_every_point_is_there_once_and_used() -> None:
    net = surface_net(noise(2 * SLAB, np.uint8, 3))
    assert len(np.unique(net.points, axis=0)) == len(net.points)
    assert np.array_equal(np.unique(net.quads), np.arange(len(net.points)))


def test_each_organ_is_enclosed_whole() -> None:
    labels = noise(SLAB, np.uint8, 4)
    net = surface_net(labels)
    for label in range(1, 5):
        inwards = net.quads[net.before == label][:, ::-1]
        corners = net.points[np.concatenate([net.quads[net.behind == label], inwards])].astype(float)
        area = np.cross(corners[:, 2] - corners[:, 0], corners[:, 3] - corners[:, 1]) / 2
        volume = np.einsum("ij,ij", corners.mean(axis=1), area) / 3
        assert volume == pytest.approx(np.count_nonzero(labels == label))


def test_where_no_organ_is_there_is_no_net() -> None:
    net = surface_net(np.zeros((3, 4, 5), np.uint8))
    assert net.points.shape == (0, 3)
    assert net.quads.shape == (0, 4)
