"""What distances are measured from: a segment of any segmentation, or a point of a markups node."""

import slicer
from OrganSegLib.errands.distances import Aim
from OrganSegLib.errors import InputError
from slicer.i18n import tr as _

from ..labels import grid_around, in_world
from ..segmentations import LABELMAP, organ_segments, segments
from ..spaces import FLIP, empty_image
from ..volumes import array_of

SEGMENTATION, POINTS = "vtkMRMLSegmentationNode", "vtkMRMLMarkupsFiducialNode"


def parts_of(node) -> dict[str, str]:
    """What can be chosen in a node: id of a segment or point -> name for the user."""
    if node is None:
        return {}
    if node.IsA(SEGMENTATION):
        return {segment_id: segment.GetName() for segment_id, segment in segments(node).items()}
    count = node.GetNumberOfControlPoints()
    return {node.GetNthControlPointID(n): node.GetNthControlPointLabel(n) for n in range(count)}


def aim_at(node, part: str = "") -> Aim:
    """The target as the engine wants it.

    Args:
        node: a segmentation or a markups node.
        part: id of a segment or point; the only one when ``""``.

    Raises:
        InputError: ``input.no_target``, ``input.empty_target``.
    """
    parts = parts_of(node)
    if not part and len(parts) == 1:
        part = next(iter(parts))
    if part not in parts:
        raise no_target()
    return _segment(node, part) if node.IsA(SEGMENTATION) else _point(node, part, parts[part])


def no_target() -> InputError:
    """What to raise where nothing is chosen that distances could be measured from."""
    return InputError(
        "input.no_target",
        _("There is no target to measure from."),
        _("Draw a lesion in the Segment Editor or place a point, and choose it as the target."),
    )


def margin_is_no_target() -> InputError:
    """What to raise where a safety margin is chosen, which would be drawn anew around itself."""
    return InputError(
        "input.no_target",
        _("A safety margin is no target."),
        _("Choose the lesion or the point that it surrounds."),
    )


def _segment(node, segment_id: str) -> Aim:
    """Its voxels in the patient, on its own grid."""
    segment = segments(node)[segment_id]
    name = organ_segments(node).get(segment_id, segment.GetName())
    if segment.GetRepresentation(LABELMAP) is None:  # a surface that was imported
        node.CreateBinaryLabelmapRepresentation()
    image = segment.GetRepresentation(LABELMAP)
    if image is None or min(image.GetDimensions()) < 1:
        raise _empty(name, _("Draw it in the Segment Editor, or choose another target."))
    moved, on_grid = in_world(node, image), slicer.vtkOrientedImageData()
    grid = grid_around([moved])
    resample = slicer.vtkOrientedImageDataResample
    resample.ResampleOrientedImageToReferenceOrientedImage(moved, empty_image(grid, FLIP), on_grid)
    mask = array_of(on_grid) == segment.GetLabelValue()
    if not mask.any():
        raise _empty(name, _("Draw it in the Segment Editor, or choose another target."))
    return Aim(name, mask, grid)


def _point(node, point_id: str, name: str) -> Aim:
    index, place = node.GetNthControlPointIndexByID(point_id), [0.0] * 3
    if node.GetNthControlPointPositionStatus(index) != node.PositionDefined:
        raise _empty(name, _("Click where it shall be, in a slice view or in 3D."))
    node.GetNthControlPointPositionWorld(index, place)
    x, y, z = place
    return Aim(name, point_mm=(-x, -y, z))


def _empty(name: str, next_step: str) -> InputError:
    sentence = _("There is nothing in the target '{name}' yet.").format(name=name)
    return InputError("input.empty_target", sentence, next_step)
