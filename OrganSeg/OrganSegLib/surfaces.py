"""Closed surfaces of all organs at once, by surface nets, in patient millimetres (LPS)."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray
from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy
from vtkmodules.vtkCommonCore import vtkPoints
from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkPolyData

from .surface_nets import surface_net
from .triangles import Faces, Points, face_normals, parted, smoothed, without_unused
from .volume import Labelmap

SMOOTHING = 6  # steps: few enough for thin organs, enough for a sphere's area within 2 % on thick slices
GAP = 0.01  # of a voxel: how far surfaces that touched themselves are drawn apart
TURNED = [0, 3, 2, 1]  # a quad seen from behind; its first corner stays, and so the diagonal that divides it


def extract_surfaces(
    labelmap: Labelmap, smoothing: int | None = None, organs: Collection[int] | None = None
) -> dict[int, vtkPolyData]:
    """The closed surface of each organ that is present.

    Neighbours share their border exactly: no gap and no overlap between organs. Triangles face outwards and
    every edge belongs to two of them. Where the scan cuts an organ off, its surface is closed there.

    Args:
        labelmap: labels on any grid, oblique ones included.
        smoothing: steps, ``SMOOTHING`` when None; 0 leaves those of the voxels.
        organs: label values to extract, all when None.

    Returns:
        label value -> triangles in LPS millimetres.
    """
    grid = labelmap.grid
    padded, first = _padded(labelmap.voxels)
    if not padded.size:
        return {}
    index, quads, behind, before = surface_net(padded)
    # In double precision up to here: where a point lies must not depend on what else is in the labels.
    stepped = ((index + first) @ grid.affine[:3, :3].T + grid.affine[:3, 3]).astype(np.float32)
    points = smoothed(stepped, quads, SMOOTHING if smoothing is None else smoothing)
    if np.linalg.det(grid.affine[:3, :3]) < 0:
        quads = quads[:, TURNED]
    of_behind, of_before = _rows_of(behind), _rows_of(before)

    def surface(label: int) -> vtkPolyData:
        outwards, inwards = of_behind(label), of_before(label)
        own = quads[np.concatenate([outwards, inwards])]
        own[len(outwards) :] = own[len(outwards) :, TURNED]
        return polydata(*parted(*without_unused(points, own), GAP * min(grid.spacing_mm)))

    labels = sorted(labelmap.organs if organs is None else organs)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = zip(labels, pool.map(surface, labels), strict=True)
        return {label: polydata for label, polydata in found if polydata.GetNumberOfPolys()}


def area_mm2(surface: vtkPolyData) -> float:
    """Area of a triangle mesh."""
    normals = face_normals(*arrays(surface))
    return float(np.sqrt(np.einsum("ij,ij->i", normals, normals)).sum(dtype=np.float64) / 2)


def volume_mm3(surface: vtkPolyData) -> float:
    """Volume that a closed triangle mesh encloses: the sum of its signed tetrahedra about a point near it."""
    points, faces = arrays(surface)
    near = points - points.mean(axis=0)
    heights = np.einsum("ij,ij->i", near[faces[:, 0]], face_normals(near, faces))
    return float(heights.sum(dtype=np.float64) / 6)


def mesh(surface: vtkPolyData) -> tuple[Points, Faces]:
    """Points [n, 3] in LPS millimetres and triangles [m, 3] (indices into the points)."""
    points, faces = arrays(surface)
    return points.astype(np.float64), faces


def arrays(surface: vtkPolyData) -> tuple[Points, Faces]:
    """As `mesh`, but the mesh's own arrays, of 32 bits in those of `polydata`; not to be written to."""
    points = vtk_to_numpy(surface.GetPoints().GetData())
    return points, vtk_to_numpy(surface.GetPolys().GetConnectivityArray()).reshape(-1, 3)


def _padded(labels: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.intp]]:
    """The labelled part of the volume with a voxel of background around it, and its first index (i, j, k)."""
    column = np.any(labels, axis=0)
    ends = [np.flatnonzero(a) for a in (np.any(labels, axis=(1, 2)), np.any(column, 1), np.any(column, 0))]
    if not len(ends[0]):
        return np.empty((0, 0, 0), labels.dtype), np.zeros(3, np.intp)
    box = tuple(slice(int(a[0]), int(a[-1]) + 1) for a in ends)
    return np.pad(labels[box], 1), np.array([a[0] - 1 for a in ends[::-1]])


def _rows_of(labels: NDArray[Any]) -> Callable[[int], NDArray[np.intp]]:
    """Look-up of the rows that hold a label; sorted once, since there are many rows and many labels."""
    order = np.argsort(labels, kind="stable")
    ranked = labels[order]

    def rows(label: int) -> NDArray[np.intp]:
        value = ranked.dtype.type(label)
        return order[np.searchsorted(ranked, value) : np.searchsorted(ranked, value, "right")]

    return rows


def polydata(points: Points, faces: Faces) -> vtkPolyData:
    """The inverse of `mesh`, in single precision. It keeps the arrays, if they are of 32 bits already."""
    vertices = vtkPoints()
    vertices.SetData(numpy_to_vtk(np.ascontiguousarray(points, np.float32)))
    cells = vtkCellArray()
    cells.SetData(3, numpy_to_vtk(np.ascontiguousarray(faces, np.int32).ravel()))
    surface = vtkPolyData()
    surface.SetPoints(vertices)
    surface.SetPolys(cells)
    return surface
