"""Closed surfaces of all organs at once, by surface nets, in patient millimetres (LPS).

Source: S. Frisken, "SurfaceNets for Multi-Label Segmentations with Preservation of Sharp Boundaries",
Journal of Computer Graphics Techniques 11(1), 2022, as implemented in VTK.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy
from vtkmodules.vtkCommonCore import VTK_ID_TYPE, vtkPoints
from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkImageData, vtkPolyData
from vtkmodules.vtkFiltersCore import vtkSurfaceNets3D

from .volume import Labelmap, Triple

SMOOTHING = 12  # iterations: takes the voxel steps away and keeps a sphere's volume
GAP = 0.01  # of a voxel: how far surfaces that touched themselves are drawn apart
Points = NDArray[np.float64]
Triangles = NDArray[np.int64]


def extract_surfaces(
    labelmap: Labelmap, smoothing: int = SMOOTHING, organs: Collection[int] | None = None
) -> dict[int, vtkPolyData]:
    """The closed, manifold surface of each organ that is present.

    Neighbours share their border exactly: no gap and no overlap between organs. Triangles face outwards.
    Where the scan cuts an organ off, its surface is closed there.

    Args:
        labelmap: labels on any grid, oblique ones included.
        smoothing: iterations; 0 leaves the voxel steps.
        organs: label values to extract, all when None.

    Returns:
        label value -> triangles in LPS millimetres.
    """
    cropped = _padded_box(labelmap.voxels)
    if cropped is None:
        return {}
    padded, first = cropped
    points, triangles, sides = _surface_nets(padded, labelmap.grid.spacing_mm, labelmap.organs, smoothing)
    affine = labelmap.grid.affine
    points = (points + first) @ affine[:3, :3].T + affine[:3, 3]
    if np.linalg.det(affine[:3, :3]) < 0:
        triangles = triangles[:, ::-1]
    surfaces = {}
    for label in sorted(labelmap.organs if organs is None else organs):
        faces = np.concatenate([triangles[sides[:, 0] == label], triangles[sides[:, 1] == label][:, ::-1]])
        if len(faces):
            surfaces[label] = _polydata(*_manifold(points, faces, GAP * min(labelmap.grid.spacing_mm)))
    return surfaces


def area_mm2(surface: vtkPolyData) -> float:
    """Area of a triangle mesh."""
    a, b, c = np.moveaxis(mesh(surface)[0][mesh(surface)[1]], 1, 0)
    return float(np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 2)


def mesh(surface: vtkPolyData) -> tuple[Points, Triangles]:
    """Points [n, 3] in LPS millimetres and triangles [m, 3] (indices into the points)."""
    points = vtk_to_numpy(surface.GetPoints().GetData()).astype(np.float64)
    return points, vtk_to_numpy(surface.GetPolys().GetConnectivityArray()).reshape(-1, 3).astype(np.int64)


def _padded_box(labels: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.int64]] | None:
    """The labelled part of the volume with one voxel of background around it, and its first index (i, j, k)."""
    present = labels.any(axis=0)
    ends = [np.flatnonzero(a) for a in (labels.any(axis=(1, 2)), present.any(axis=1), present.any(axis=0))]
    if not len(ends[0]):
        return None
    box = tuple(slice(int(a[0]), int(a[-1]) + 1) for a in ends)
    return np.pad(labels[box], 1), np.array([part.start - 1 for part in box[::-1]])


def _surface_nets(
    padded: NDArray[Any], spacing_mm: Triple, labels: Collection[int], smoothing: int
) -> tuple[Points, Triangles, NDArray[Any]]:
    """Points in index space of ``padded``, triangles, and the labels behind and before each triangle.

    Seen from the second label, the triangle runs counter-clockwise: it faces away from the first.
    """
    image = vtkImageData()
    image.SetDimensions(*padded.shape[::-1])
    image.SetSpacing(*spacing_mm)
    image.GetPointData().SetScalars(numpy_to_vtk(padded.ravel()))
    nets = vtkSurfaceNets3D()
    nets.SetInputData(image)
    nets.SetBackgroundLabel(0)
    for place, label in enumerate(sorted(labels)):
        nets.SetValue(place, label)
    nets.SetOutputMeshTypeToTriangles()
    nets.SetNumberOfIterations(smoothing)
    nets.Update()
    output = nets.GetOutput()
    points = vtk_to_numpy(output.GetPoints().GetData()) / np.asarray(spacing_mm)
    triangles = vtk_to_numpy(output.GetPolys().GetConnectivityArray()).reshape(-1, 3).astype(np.int64)
    return points, triangles, vtk_to_numpy(output.GetCellData().GetArray("BoundaryLabels"))


def _manifold(points: Points, faces: Triangles, gap_mm: float) -> tuple[Points, Triangles]:
    """Part a closed mesh where it touches itself along an edge or at a point.

    Where two voxels of an organ touch diagonally, four faces share an edge. Faces are paired across the
    organ's inside; the corners that then hang together make one sheet, and each sheet gets its own points,
    drawn inwards by ``gap_mm`` so that files that store no topology (STL) stay manifold too.
    """
    one, other = _paired_half_edges(points, faces)
    ends = np.concatenate([one, _next(one)]), np.concatenate([_next(other), other])
    graph = coo_array((np.ones(len(ends[0]), np.int8), ends), shape=(faces.size, faces.size))
    count, sheet = connected_components(graph, directed=False)
    origin = np.empty(count, np.int64)
    origin[sheet] = faces.ravel()
    moved = points[origin]
    parted = np.bincount(origin, minlength=len(points))[origin] > 1
    sheets = sheet.reshape(faces.shape).astype(np.int64)
    moved[parted] -= gap_mm * vertex_normals(moved, sheets)[parted]
    return moved, sheets


def _next(corner: NDArray[np.int64]) -> NDArray[np.int64]:
    """The next corner of the same triangle; corners are numbered 3 * triangle + 0, 1, 2."""
    return corner - corner % 3 + (corner + 1) % 3


def _paired_half_edges(points: Points, faces: Triangles) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Half-edges (named by the corner they start at) and their opposites in the neighbouring triangle."""
    start, end = faces.ravel(), np.roll(faces, -1, axis=1).ravel()
    key = np.minimum(start, end) * len(points) + np.maximum(start, end)
    one, other = np.flatnonzero(start < end), np.flatnonzero(start > end)
    one, other = one[np.argsort(key[one])], other[np.argsort(key[other])]
    shared = np.flatnonzero(np.diff(key[one]) == 0)  # four faces: two opposites to choose from
    swap = shared[
        _turn(points, start, one[shared], other[shared + 1])
        < _turn(points, start, one[shared], other[shared])
    ]
    other[swap], other[swap + 1] = other[swap + 1], other[swap]
    return one, other


def _turn(
    points: Points, vertex: NDArray[np.int64], one: NDArray[np.int64], other: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Angle through the organ's inside, about their common edge, from one triangle to the other."""
    a, b, c, d = (
        points[vertex[corner]] for corner in (one, _next(one), _next(_next(one)), _next(_next(other)))
    )
    inwards = np.cross(c - a, b - a)
    edge = b - a
    across = np.cross(edge, np.cross(c - a, edge))
    length = np.linalg.norm(edge, axis=1)
    return np.arctan2(((d - a) * inwards).sum(1) * length, ((d - a) * across).sum(1)) % (2 * np.pi)


def vertex_normals(points: Points, faces: Triangles) -> Points:
    """Outward unit normals at the points, weighted by the area of the triangles around them."""
    a, b, c = np.moveaxis(points[faces], 1, 0)
    of_face = np.cross(b - a, c - a)
    summed = np.stack(
        [np.bincount(faces.ravel(), np.repeat(of_face[:, axis], 3), len(points)) for axis in range(3)], axis=1
    )
    return summed / np.maximum(np.linalg.norm(summed, axis=1, keepdims=True), np.finfo(float).tiny)


def _polydata(points: Points, faces: Triangles) -> vtkPolyData:
    surface = vtkPolyData()
    vertices = vtkPoints()
    vertices.SetData(numpy_to_vtk(points.astype(np.float32), deep=True))
    surface.SetPoints(vertices)
    cells = vtkCellArray()
    offsets = np.arange(0, faces.size + 1, 3, dtype=np.int64)
    cells.SetData(
        numpy_to_vtk(offsets, deep=True, array_type=VTK_ID_TYPE),
        numpy_to_vtk(faces.ravel(), deep=True, array_type=VTK_ID_TYPE),
    )
    surface.SetPolys(cells)
    return surface
