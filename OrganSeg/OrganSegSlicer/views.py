"""Looks at what was found: slice views, 3D cameras, the Segment Editor."""

import numpy as np
import slicer

EDITOR = "SegmentEditor"


def centre_views(segmentation_node, segment_id: str) -> None:
    """Move slices through the middle of a segment and turn the cameras' focus to it."""
    centre = segmentation_node.GetSegmentCenterRAS(segment_id)
    if centre is None:
        return
    mode = slicer.vtkMRMLSliceNode.CenteredJumpSlice
    slicer.vtkMRMLSliceNode.JumpAllSlices(slicer.mrmlScene, *centre, mode)
    for camera in slicer.util.getNodesByClass("vtkMRMLCameraNode"):
        position, focus = np.zeros(3), np.zeros(3)
        camera.GetPosition(position)
        camera.GetFocalPoint(focus)
        camera.SetFocalPoint(centre)
        camera.SetPosition(position - focus + centre)


def open_segment_editor(segmentation_node, volume_node) -> None:
    """Go to Slicer's Segment Editor, with these nodes chosen there."""
    scene = slicer.mrmlScene
    editor = scene.GetSingletonNode(EDITOR, "vtkMRMLSegmentEditorNode")
    if editor is None:
        editor = scene.CreateNodeByClass("vtkMRMLSegmentEditorNode")
        editor.UnRegister(None)
        editor.SetSingletonTag(EDITOR)
        editor = scene.AddNode(editor)
    editor.SetAndObserveSegmentationNode(segmentation_node)
    editor.SetAndObserveSourceVolumeNode(volume_node)
    slicer.util.selectModule(EDITOR)
