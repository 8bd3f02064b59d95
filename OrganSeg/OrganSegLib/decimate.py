"""Surfaces with fewer triangles, for 3D printers and slow viewers: closed and close to the original still."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from vtkmodules.vtkCommonDataModel import vtkPolyData
from vtkmodules.vtkFiltersCore import vtkDecimatePro

from .formats import Choices
from .surfaces import GAP, extract_surfaces, mesh, polydata, volume_mm3
from .triangles import Faces, is_closed, parted, without_unused
from .volume import Grid

if TYPE_CHECKING:
    from .pipeline import Segmentation

ERROR = 0.1  # of a voxel: how far a surface may move in all; where more would be needed, triangles stay
FEATURE_DEGREES = 45.0  # sharper edges are shape; blunter ones are the voxels' steps
VOLUME = 0.05  # of an organ's; structures of a few voxels would lose more, and have few triangles anyway


def final_surfaces(found: Segmentation, choices: Choices) -> dict[int, vtkPolyData]:
    """The surfaces as the user wants them in files; made now where the run did without."""
    surfaces = found.surfaces
    if choices.smoothing is not None or not surfaces:
        surfaces = extract_surfaces(found.labelmap, choices.smoothing)
    return decimated(surfaces, choices.decimate, found.labelmap.grid)


def decimated(surfaces: Mapping[int, vtkPolyData], share: float, grid: Grid) -> dict[int, vtkPolyData]:
    """The surfaces with about ``share`` of their triangles left out, as far as their shapes allow.

    Each is decimated for itself, so neighbours may then overlap by a fraction of a voxel.

    Source: W. Schroeder et al., "Decimation of Triangle Meshes", SIGGRAPH 1992, as implemented in VTK.

    Args:
        surfaces: label value -> closed surface.
        share: from 0 (as they are) to below 1.
        grid: of the labels that the surfaces were made from.

    Returns:
        label value -> surface, closed as well.
    """
    if not share:
        return dict(surfaces)
    voxel_mm = min(grid.spacing_mm)
    return {label: _decimated(surface, share, voxel_mm) for label, surface in surfaces.items()}


def _decimated(surface: vtkPolyData, share: float, voxel_mm: float) -> vtkPolyData:
    """The surface itself where it would not stay closed, or its volume not the same."""
    decimate = vtkDecimatePro()
    decimate.SetInputData(surface)
    decimate.SetTargetReduction(share)
    decimate.PreserveTopologyOn()
    decimate.SplittingOff()
    decimate.SetFeatureAngle(FEATURE_DEGREES)
    decimate.SetErrorIsAbsolute(1)
    decimate.SetAbsoluteError(ERROR * voxel_mm)
    decimate.AccumulateErrorOn()
    decimate.Update()
    points, faces = mesh(decimate.GetOutput())
    # VTK leaves no holes, but lets sheets that came close meet in an edge or lie on each other.
    faces = _without_folds(faces)
    if not len(faces):
        return surface
    points, faces = parted(*without_unused(points, faces), GAP * voxel_mm)
    fewer, before = polydata(points, faces), volume_mm3(surface)
    same = is_closed(faces, len(points)) and abs(volume_mm3(fewer) - before) <= VOLUME * before
    return fewer if same else surface


def _without_folds(faces: Faces) -> Faces:
    """Without the pairs of faces that have the same corners and so enclose nothing."""
    _, which, count = np.unique(np.sort(faces, axis=1), axis=0, return_inverse=True, return_counts=True)
    unfolded: Faces = faces[count[which.ravel()] == 1]
    return unfolded
