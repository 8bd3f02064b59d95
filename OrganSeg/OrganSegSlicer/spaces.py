"""Slicer thinks in RAS and in each node's own space, the engine in LPS; all conversions are here."""

import numpy as np
import slicer
import vtk
from OrganSegLib.errors import InputError
from OrganSegLib.volume import Grid
from slicer.i18n import tr as _
from slicer.util import arrayFromVTKMatrix
from vtk.util.numpy_support import numpy_to_vtk

FLIP = np.diag([-1.0, -1.0, 1.0, 1.0])  # LPS to RAS and back; a rotation, so surfaces keep their outside


def to_world(node):
    """4x4 matrix from the node's own space to the world (RAS), or None where that is not linear."""
    matrix = vtk.vtkMatrix4x4()
    parent = node.GetParentTransformNode()
    if parent is not None and not parent.IsTransformToWorldLinear():
        return None
    slicer.vtkMRMLTransformNode.GetMatrixTransformBetweenNodes(parent, None, matrix)
    return np.array(arrayFromVTKMatrix(matrix))


def lps_to_node(node):
    """4x4 matrix from the patient (LPS) to the node's own space.

    Raises:
        InputError: ``input.warped_segmentation`` where a non-linear transform lies between.
    """
    matrix = to_world(node)
    if matrix is None:
        raise InputError(
            "input.warped_segmentation",
            _("The segmentation is under a non-linear transform, where organs cannot be placed exactly."),
            _("Harden that transform, or let OrganSeg create a new segmentation."),
        )
    return np.linalg.inv(matrix) @ FLIP


def vtk_matrix(array):
    """The 4x4 array as VTK has it."""
    return slicer.util.vtkMatrixFromArray(np.ascontiguousarray(array))


def empty_image(grid: Grid, place):
    """The grid without voxels; ``place`` leads from the patient (LPS) to the space of the image."""
    image = slicer.vtkOrientedImageData()
    image.SetDimensions(*grid.size)
    image.SetGeometryFromImageToWorldMatrix(vtk_matrix(place @ grid.affine))
    return image


def image_of(voxels, grid: Grid, place):
    """Voxels [k, j, i] as an image; ``place`` as of `empty_image`."""
    image = empty_image(grid, place)
    image.GetPointData().SetScalars(numpy_to_vtk(voxels.ravel(), deep=True))
    return image
