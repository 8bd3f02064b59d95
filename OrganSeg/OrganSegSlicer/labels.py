"""Segments as the engine's labels, on any grid of the patient."""

from itertools import product

import numpy as np
import slicer
import vtk
from OrganSegLib.errors import InputError
from OrganSegLib.organs import catalogue
from OrganSegLib.volume import Grid, Labelmap
from slicer.i18n import tr as _

from .segmentations import LABELMAP, organ_segments, segments
from .spaces import FLIP, empty_image
from .volumes import array_of, image_to_world

RIGHT_ANGLE = 1e-3  # cosine up to which two axes still count as perpendicular


def layers(segmentation_node, grid: Grid):
    """Labels on a grid of the patient, one array [k, j, i] per layer of segments that do not overlap.

    Yields:
        The array and, by label value, the ids of its segments.
    """
    reference = empty_image(grid, FLIP)
    resample = slicer.vtkOrientedImageDataResample
    for image, ids in images(segmentation_node).items():
        on_grid = slicer.vtkOrientedImageData()
        in_patient = in_world(segmentation_node, image)
        resample.ResampleOrientedImageToReferenceOrientedImage(in_patient, reference, on_grid)
        voxels = array_of(on_grid)
        voxels[voxels > max(ids)] = 0  # values that no segment claims
        yield voxels, ids


def images(segmentation_node) -> dict:
    """The label images, and by label value the ids of the segments in each."""
    by_image = {}
    for segment_id, segment in segments(segmentation_node).items():
        image = segment.GetRepresentation(LABELMAP)
        if image is not None:
            by_image.setdefault(image, {})[segment.GetLabelValue()] = segment_id
    return by_image


def in_world(segmentation_node, image):
    """A label image in world coordinates; only a non-linear transform needs it resampled."""
    transform = vtk.vtkGeneralTransform()
    parent = segmentation_node.GetParentTransformNode()
    slicer.vtkMRMLTransformNode.GetTransformBetweenNodes(parent, None, transform)
    moved = slicer.vtkOrientedImageData()
    moved.ShallowCopy(image)
    slicer.vtkOrientedImageDataResample.TransformOrientedImage(moved, transform)
    return moved


def labelmap_of(segmentation_node, grid: Grid, absent=()) -> Labelmap:
    """All of OrganSeg's organs as one labelmap on a grid of the patient, numbered 1, 2, 3 ...

    Where the user made organs overlap, the later segment takes the voxels.

    Args:
        segmentation_node: with the organs.
        grid: of the labelmap.
        absent: names of organs that get a number too where there are no voxels of them.
    """
    names = organ_segments(segmentation_node)
    organs = {}
    voxels = np.zeros(grid.shape, np.uint8)
    for array, ids in layers(segmentation_node, grid):
        numbers = np.zeros(max(ids) + 1, np.uint8)
        for value, segment_id in ids.items():
            if organ := catalogue().get(names.get(segment_id)):
                organs[len(organs) + 1] = organ
                numbers[value] = len(organs)
        for plane, out in zip(array, voxels, strict=True):  # indices of all voxels at once would be wide
            own = np.take(numbers, plane, mode="clip")
            np.copyto(out, own, where=own != 0)
    missing = [catalogue()[name] for name in dict.fromkeys(absent) if name in catalogue()]
    missing = [organ for organ in missing if organ not in organs.values()]
    return Labelmap(voxels, grid, organs | dict(enumerate(missing, len(organs) + 1)))


def grid_of(segmentation_node) -> Grid:
    """A grid of the patient that holds all organs, see `grid_around`.

    Raises:
        InputError: ``input.no_organ``.
    """
    organs = set(organ_segments(segmentation_node))
    own = [image for image, ids in images(segmentation_node).items() if organs & set(ids.values())]
    if not own:
        raise no_organ()
    return grid_around([in_world(segmentation_node, image) for image in own])


def grid_around(in_patient) -> Grid:
    """The grid of the first of these images in world coordinates, wide enough for all of them.

    Where it is sheared, one along the axes of the patient with voxels of the same size.
    """
    matrix = FLIP @ image_to_world(in_patient[0])
    spacing = np.linalg.norm(matrix[:3, :3], axis=0)
    if not _is_straight(matrix[:3, :3] / spacing):
        matrix = np.diag([*spacing, 1.0])
    corners = np.concatenate([_corners(image) for image in in_patient]) @ FLIP.T
    index = np.rint(corners @ np.linalg.inv(matrix).T)[:, :3]
    low, high = index.min(axis=0), index.max(axis=0)
    return Grid(
        tuple(int(n) + 1 for n in high - low),
        tuple(map(float, spacing)),
        tuple(map(float, matrix[:3, :3] @ low + matrix[:3, 3])),
        tuple(map(float, (matrix[:3, :3] / spacing).ravel())),
    )


def no_organ() -> InputError:
    """What to raise for a segmentation that OrganSeg did not make."""
    return InputError(
        "input.no_organ", _("This segmentation holds no organs of OrganSeg."), _("Press Segment first.")
    )


def _is_straight(axes) -> bool:
    return bool(np.abs(axes.T @ axes - np.eye(3)).max() < RIGHT_ANGLE)


def _corners(image):
    """The centres of the eight corner voxels (x, y, z, 1) in the world."""
    last = np.subtract(image.GetDimensions(), 1)
    index = np.array([[*np.multiply(corner, last), 1] for corner in product((0, 1), repeat=3)])
    return index @ image_to_world(image).T
