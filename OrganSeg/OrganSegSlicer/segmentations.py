"""The engine's organs as segments of a segmentation node, and segments as the engine's labels.

A segment is OrganSeg's own when it carries the organ's name in a tag; all others are the user's and stay.
"""

import json

import numpy as np
import slicer
import vtk
from OrganSegLib.label_files import terminology_entry
from OrganSegLib.organs import catalogue
from OrganSegLib.pipeline import Segmentation
from OrganSegLib.volume import Grid, Labelmap
from slicer.i18n import tr as _
from vtk.util.numpy_support import numpy_to_vtk

from .spaces import FLIP, lps_to_node, to_world, vtk_matrix
from .volumes import array_of

ORGAN = "OrganSeg.Organ"  # tag of a segment: the organ's name
RUN = "OrganSeg.Run"  # attribute of a segmentation: how it was made, JSON
LABELMAP, SURFACE = "Binary labelmap", "Closed surface"


def show_result(result: Segmentation, volume_node, segmentation_node=None):
    """Put the organs of a finished run into ``segmentation_node``, a new one when None; returns it.

    Organs that are there already keep their segment, with the name and colour that the user gave it; organs
    of the run that are absent now lose theirs; all other segments stay as they are.

    Raises:
        InputError: ``input.warped_segmentation``.
    """
    node = segmentation_node or new_segmentation(volume_node)
    try:
        _fill(node, result, volume_node)
    except Exception:
        if segmentation_node is None:  # half a result must not pass for a whole one
            slicer.mrmlScene.RemoveNode(node)
        raise
    return node


def _fill(node, result: Segmentation, volume_node) -> None:
    node.CreateDefaultDisplayNodes()
    place = lps_to_node(node)
    image = _labelmap_image(result.labelmap, place)
    segmentation = node.GetSegmentation()
    with slicer.util.NodeModify(node):
        node.SetReferenceImageGeometryParameterFromVolumeNode(volume_node)
        _release_voxels(segmentation, {measured.name for measured in result.measurements})
        for measured in result.measurements:
            surface = result.surfaces.get(measured.label)
            if measured.status == "absent":
                remove_organ(segmentation, measured.name)
                continue
            representations = {LABELMAP: image, SURFACE: surface and _moved(surface, place)}
            organ = result.labelmap.organs[measured.label]
            _put_segment(segmentation, organ, measured.label, representations)
        node.SetAttribute(RUN, json.dumps(_facts(result, run_facts(node))))
    _place_beside(node, volume_node)


def new_segmentation(volume_node):
    """An empty segmentation that moves with the volume."""
    name = _("{volume} organs").format(volume=volume_node.GetName() or _("CT"))
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", name)
    if to_world(volume_node) is not None:
        node.SetAndObserveTransformNodeID(volume_node.GetTransformNodeID())
    return node


def volume_of(segmentation_node):
    """The volume that the segmentation was made from, None where nobody knows."""
    return segmentation_node.GetNodeReference(segmentation_node.GetReferenceImageGeometryReferenceRole())


def segmentation_of(volume_node):
    """OrganSeg's latest segmentation of the volume, or None."""
    nodes = slicer.util.getNodesByClass("vtkMRMLSegmentationNode")
    made = [node for node in nodes if run_facts(node) and volume_of(node) is volume_node]
    return made[-1] if made else None


def show_closed_surface(segmentation_node, visible: bool = True) -> None:
    """Show the organs in 3D views, or hide them there; makes the surfaces where they are missing."""
    segmentation_node.CreateDefaultDisplayNodes()
    if visible:
        segmentation_node.CreateClosedSurfaceRepresentation()
    display = segmentation_node.GetDisplayNode()
    display.SetPreferredDisplayRepresentationName3D(SURFACE)
    display.SetVisibility3D(visible)


def is_shown_in_3d(segmentation_node) -> bool:
    """Whether closed surfaces are there and visible."""
    display = segmentation_node.GetDisplayNode()
    surfaces = segmentation_node.GetSegmentation().ContainsRepresentation(SURFACE)
    return bool(display and surfaces and display.GetVisibility3D())


def segments(segmentation_node):
    """The segments by id, in their order."""
    segmentation = segmentation_node.GetSegmentation()
    ids = [segmentation.GetNthSegmentID(n) for n in range(segmentation.GetNumberOfSegments())]
    return {segment_id: segmentation.GetSegment(segment_id) for segment_id in ids}


def organ_name(segment) -> str:
    """The organ that an OrganSeg segment holds, ``""`` for one of the user."""
    return tag(segment, ORGAN)


def tag(segment, name: str) -> str:
    """What a tag of a segment says, ``""`` where there is none."""
    value = vtk.reference("")
    return str(value) if segment.GetTag(name, value) else ""


def run_facts(segmentation_node) -> dict:
    """How the organs were made; empty where OrganSeg did not make them."""
    return json.loads(segmentation_node.GetAttribute(RUN) or "{}")


def layers(segmentation_node, grid: Grid):
    """Labels on a grid of the patient, one array [k, j, i] per layer of segments that do not overlap.

    Yields:
        The array and, by label value, the ids of its segments.
    """
    by_image = {}
    for segment_id, segment in segments(segmentation_node).items():
        image = segment.GetRepresentation(LABELMAP)
        if image is not None:
            by_image.setdefault(image, {})[segment.GetLabelValue()] = segment_id
    reference = _empty_image(grid, FLIP)
    transform = vtk.vtkGeneralTransform()
    parent = segmentation_node.GetParentTransformNode()
    slicer.vtkMRMLTransformNode.GetTransformBetweenNodes(parent, None, transform)
    resample = slicer.vtkOrientedImageDataResample
    for image, ids in by_image.items():
        in_world, on_grid = slicer.vtkOrientedImageData(), slicer.vtkOrientedImageData()
        in_world.ShallowCopy(image)
        resample.TransformOrientedImage(in_world, transform)
        resample.ResampleOrientedImageToReferenceOrientedImage(in_world, reference, on_grid)
        voxels = array_of(on_grid)
        voxels[voxels > max(ids)] = 0  # values that no segment claims
        yield voxels, ids


def labelmap_of(segmentation_node, grid: Grid) -> Labelmap:
    """All of OrganSeg's organs as one labelmap on a grid of the patient, numbered 1, 2, 3 ...

    Where the user made organs overlap, the later segment takes the voxels.
    """
    by_id = {segment_id: organ_name(segment) for segment_id, segment in segments(segmentation_node).items()}
    organs = {}
    voxels = np.zeros(grid.shape, np.uint8)
    for array, ids in layers(segmentation_node, grid):
        for value, segment_id in ids.items():
            if organ := catalogue().get(by_id[segment_id]):
                organs[len(organs) + 1] = organ
                voxels[array == value] = len(organs)
    return Labelmap(voxels, grid, organs)


def _put_segment(segmentation, organ, label: int, representations) -> None:
    segment_id = find_organ(segmentation, organ.name)
    segment = segmentation.GetSegment(segment_id) if segment_id else _new_segment(organ)
    segment.SetLabelValue(label)
    for name, data in representations.items():
        if data is None:
            segment.RemoveRepresentation(name)
        else:
            segment.AddRepresentation(name, data)
    if not segment_id:
        segmentation.AddSegment(segment, segmentation.GenerateUniqueSegmentID(organ.name))


def _new_segment(organ):
    segment = slicer.vtkSegment()
    segment.SetName(organ.title)
    segment.SetColor([channel / 255 for channel in organ.colour])
    segment.SetTag(segment.GetTerminologyEntryTagName(), terminology_entry(organ))
    segment.SetTag(ORGAN, organ.name)
    return segment


def find_organ(segmentation, name: str) -> str:
    """Id of OrganSeg's own segment of an organ, ``""`` when there is none."""
    for n in range(segmentation.GetNumberOfSegments()):
        if organ_name(segmentation.GetNthSegment(n)) == name:
            return segmentation.GetNthSegmentID(n)
    return ""


def remove_organ(segmentation, name: str) -> None:
    """Remove OrganSeg's own segment of an organ, if there is one."""
    if segment_id := find_organ(segmentation, name):
        segmentation.RemoveSegment(segment_id)


def _release_voxels(segmentation, names) -> None:
    """Take the old voxels of ``names`` out of the layers that they share with segments which stay."""
    for n in range(segmentation.GetNumberOfSegments()):
        segment = segmentation.GetNthSegment(n)
        image = segment.GetRepresentation(LABELMAP)
        if organ_name(segment) in names and image is not None:
            voxels = array_of(image)
            voxels[voxels == segment.GetLabelValue()] = 0


def _labelmap_image(labelmap: Labelmap, place):
    image = _empty_image(labelmap.grid, place)
    image.GetPointData().SetScalars(numpy_to_vtk(labelmap.voxels.ravel(), deep=True))
    return image


def _empty_image(grid: Grid, place):
    """The grid without voxels; ``place`` leads from the patient (LPS) to the space of the image."""
    image = slicer.vtkOrientedImageData()
    image.SetDimensions(*grid.size)
    image.SetGeometryFromImageToWorldMatrix(vtk_matrix(place @ grid.affine))
    return image


def _moved(surface, matrix):
    transform = vtk.vtkTransform()
    transform.SetMatrix(vtk_matrix(matrix))
    filtered = vtk.vtkTransformPolyDataFilter()
    filtered.SetTransform(transform)
    filtered.SetInputData(surface)
    filtered.Update()
    return filtered.GetOutput()


def _facts(result: Segmentation, before: dict) -> dict:
    """Of this run, and which organs were not found by it or, where it did not look for them, before."""
    asked = {measured.name for measured in result.measurements}
    absent = [name for name in before.get("absent", ()) if name not in asked]
    absent += [measured.name for measured in result.measurements if measured.status == "absent"]
    return {**result.run, "absent": absent}


def _place_beside(node, volume_node) -> None:
    """Into the patient and study of the volume."""
    hierarchy = slicer.mrmlScene.GetSubjectHierarchyNode()
    volume = hierarchy.GetItemByDataNode(volume_node)
    parent = hierarchy.GetItemParent(volume) if volume else hierarchy.GetSceneItemID()
    item = hierarchy.GetItemByDataNode(node)
    if item:
        hierarchy.SetItemParent(item, parent)
    else:
        hierarchy.CreateItem(parent, node)
