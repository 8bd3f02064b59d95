"""Looks at what was found: slice views, 3D cameras, the Segment Editor."""

import numpy as np
import qt
import slicer

EDITOR = "SegmentEditor"


def centre_views(segmentation_node, segment_id: str) -> None:
    """Move slices through the middle of a segment and turn the cameras' focus to it."""
    centre = segmentation_node.GetSegmentCenterRAS(segment_id)
    if centre is not None:
        jump_to(centre)


def jump_to(centre) -> None:
    """Move slices to a place (RAS) and turn the cameras' focus to it."""
    mode = slicer.vtkMRMLSliceNode.CenteredJumpSlice
    slicer.vtkMRMLSliceNode.JumpAllSlices(slicer.mrmlScene, *centre, mode)
    for camera in slicer.util.getNodesByClass("vtkMRMLCameraNode"):
        away = np.subtract(camera.GetPosition(), camera.GetFocalPoint())
        camera.SetFocalPoint(centre)
        camera.SetPosition(away + centre)


def look_at(segmentation_node) -> None:
    """Move the cameras, without turning them, so that the whole segmentation is in view."""
    bounds = np.zeros(6)
    segmentation_node.GetRASBounds(bounds)
    low, high = bounds[::2], bounds[1::2]
    if np.any(low > high):  # nothing was found
        return
    centre, radius = (low + high) / 2, np.linalg.norm(high - low) / 2
    for camera in slicer.util.getNodesByClass("vtkMRMLCameraNode"):
        away = np.subtract(camera.GetPosition(), camera.GetFocalPoint())
        distance = radius / np.sin(np.radians(camera.GetViewAngle()) / 2)
        camera.SetFocalPoint(centre)
        camera.SetPosition(centre + away / np.linalg.norm(away) * distance)
        camera.ResetClippingRange()


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


def open_page(path) -> None:
    """Show a file in the browser."""
    qt.QDesktopServices.openUrl(qt.QUrl.fromLocalFile(str(path)))
