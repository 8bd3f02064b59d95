"""The engine's organs as segments of a segmentation node.

A segment is OrganSeg's own when it carries the organ's name in a tag; all others are the user's and stay.
"""

import json

import slicer
import vtk
from OrganSegLib.label_files import terminology_entry
from OrganSegLib.organs import organ_named
from OrganSegLib.pipeline import Segmentation
from OrganSegLib.quality.remembered import remember
from slicer.i18n import tr as _

from .hierarchy import place_beside
from .spaces import image_of, lps_to_node, to_world, vtk_matrix
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
    image = image_of(result.labelmap.voxels, result.labelmap.grid, place)
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
        put_run_facts(node, _facts(result, run_facts(node)))
    place_beside(node, volume_node)


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


def organ_segments(segmentation_node) -> dict[str, str]:
    """OrganSeg's own segments: id -> name of the organ. A copy that the user made is the user's."""
    found = {}
    for segment_id, segment in segments(segmentation_node).items():
        name = organ_name(segment)
        if name and name not in found.values():
            found[segment_id] = name
    return found


def tag(segment, name: str) -> str:
    """What a tag of a segment says, ``""`` where there is none."""
    value = vtk.reference("")
    return str(value) if segment.GetTag(name, value) else ""


def run_facts(segmentation_node) -> dict:
    """How the organs were made; empty where OrganSeg did not make them."""
    return json.loads(segmentation_node.GetAttribute(RUN) or "{}")


def put_run_facts(segmentation_node, facts: dict) -> None:
    """Keep how the organs were made, with the scene too."""
    segmentation_node.SetAttribute(RUN, json.dumps(facts))


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


def title_of(segmentation_node, name: str) -> str:
    """What the user calls an organ."""
    segmentation = segmentation_node.GetSegmentation()
    segment_id = find_organ(segmentation, name)
    return segmentation.GetSegment(segment_id).GetName() if segment_id else organ_named(name).title


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


def _moved(surface, matrix):
    transform = vtk.vtkTransform()
    transform.SetMatrix(vtk_matrix(matrix))
    filtered = vtk.vtkTransformPolyDataFilter()
    filtered.SetTransform(transform)
    filtered.SetInputData(surface)
    filtered.Update()
    return filtered.GetOutput()


def _facts(result: Segmentation, before: dict) -> dict:
    """Of this run; and of organs that it did not look for, what was known before."""
    asked = {measured.name for measured in result.measurements}
    absent = [name for name in before.get("absent", ()) if name not in asked]
    absent += [measured.name for measured in result.measurements if measured.status == "absent"]
    remembered = {name: of for name, of in before.get("remembered", {}).items() if name not in asked}
    remembered |= remember(result.measurements, result.trust)
    return {**result.run, "absent": absent, "remembered": remembered}
