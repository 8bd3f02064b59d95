"""The phantom in the scene, and what a perfect network would find in it."""

from functools import cache

import slicer
from OrganSegLib.phantom import make_phantom
from OrganSegLib.pipeline import Segmentation

from ..segmentations import show_result
from ..spaces import FLIP, vtk_matrix
from ..statistics import put_table, rows_of_result
from ..volumes import scan_of

SPACING_MM = (4.0, 4.0, 4.0)


@cache
def phantom(grid=None):
    """The same person each time, as scan and labelmap; tests do not change it."""
    return make_phantom(seed=1, spacing_mm=SPACING_MM, region="torso", contrast="portal", grid=grid)


def load(scan, name="Phantom"):
    """The scan as a volume node."""
    matrix = vtk_matrix(FLIP @ scan.grid.affine)
    volume = slicer.util.addVolumeFromArray(scan.voxels, matrix, name)
    volume.CreateDefaultDisplayNodes()
    return volume


def true_result(volume, labelmap):
    """What a perfect network would find in the volume."""
    scan = scan_of(volume)
    labels = type(labelmap)(labelmap.voxels, scan.grid, labelmap.organs)
    return Segmentation.of(scan, labels, run={"notes": []})


def segmented(volume, labelmap=None, segmentation=None):
    """The segmentation of the volume with its table, as after a run with a perfect network."""
    result = true_result(volume, labelmap or phantom()[1])
    node = show_result(result, volume, segmentation)
    put_table(rows_of_result(result, node), node, keep_others=True)
    return node
