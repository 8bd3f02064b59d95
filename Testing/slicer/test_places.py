"""Where organs come to lie when volume or segmentation are under transforms of any kind."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import vtk
from OrganSegLib.errors import InputError
from OrganSegLib.phantom import make_phantom
from OrganSegLib.pipeline import Segmentation
from OrganSegLib.volume import Labelmap, Scan

SHIFT = (25.0, -15.0, 10.0)


@pytest.fixture(scope="module")
def phantom() -> tuple[Scan, Labelmap]:
    return make_phantom(seed=4, spacing_mm=(8.0, 8.0, 8.0), region="abdomen")


@pytest.fixture
def volume(slicer: Any, phantom: tuple[Scan, Labelmap]) -> Any:
    from OrganSegSlicer.spaces import FLIP, vtk_matrix

    scan, _ = phantom
    return slicer.util.addVolumeFromArray(scan.voxels, vtk_matrix(FLIP @ scan.grid.affine), "CT")


def _warp(slicer: Any) -> Any:
    """A transform that moves by ``SHIFT`` but is not linear to Slicer."""
    corners = [(x, y, z) for x in (-300, 300) for y in (-300, 300) for z in (-300, 300)]
    source, target = vtk.vtkPoints(), vtk.vtkPoints()
    for corner in corners:
        source.InsertNextPoint(corner)
        target.InsertNextPoint(np.add(corner, SHIFT))
    spline = vtk.vtkThinPlateSplineTransform()
    spline.SetBasisToR()
    spline.SetSourceLandmarks(source)
    spline.SetTargetLandmarks(target)
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLTransformNode")
    node.SetAndObserveTransformToParent(spline)
    return node


def _result(scan: Scan, labelmap: Labelmap) -> Segmentation:
    return Segmentation.of(scan, labelmap, {}, {"notes": []})


def test_a_warped_volume_is_read_from_a_hardened_copy(slicer: Any, volume: Any) -> None:
    from OrganSegSlicer.volumes import scan_of

    straight = scan_of(volume)
    before = slicer.util.arrayFromVolume(volume).copy()
    volume.SetAndObserveTransformNodeID(_warp(slicer).GetID())
    warped = scan_of(volume)
    assert np.array_equal(before, slicer.util.arrayFromVolume(volume))
    moved = _body_centre(warped) - _body_centre(straight)
    assert moved == pytest.approx(np.multiply(SHIFT, (-1, -1, 1)), abs=4.0)  # half a voxel


def _body_centre(scan: Scan) -> Any:
    kji = np.argwhere(scan.voxels > -300).mean(axis=0)
    return (scan.grid.affine @ [*kji[::-1], 1.0])[:3]


def test_organs_of_a_warped_volume_lie_in_the_world(
    slicer: Any, volume: Any, phantom: tuple[Scan, Labelmap]
) -> None:
    from OrganSegSlicer.segmentations import show_result

    volume.SetAndObserveTransformNodeID(_warp(slicer).GetID())
    assert show_result(_result(*phantom), volume).GetParentTransformNode() is None


def test_a_segmentation_with_a_transform_of_its_own_is_respected(
    slicer: Any, volume: Any, phantom: tuple[Scan, Labelmap]
) -> None:
    from OrganSegSlicer.segmentations import find_organ, new_segmentation, show_result

    place = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    matrix = vtk.vtkTransform()
    matrix.Translate(SHIFT)
    place.SetMatrixTransformToParent(matrix.GetMatrix())
    node = new_segmentation(volume)
    node.SetAndObserveTransformNodeID(place.GetID())
    show_result(_result(*phantom), volume, node)
    assert node.GetParentTransformNode() is place
    liver = find_organ(node.GetSegmentation(), "liver")
    voxels = slicer.util.arrayFromSegmentBinaryLabelmap(node, liver, volume)
    label = next(value for value, organ in phantom[1].organs.items() if organ.name == "liver")
    assert np.array_equal(voxels > 0, phantom[1].voxels == label)


def test_a_warped_segmentation_is_refused(slicer: Any, volume: Any, phantom: tuple[Scan, Labelmap]) -> None:
    from OrganSegSlicer.segmentations import new_segmentation, show_result

    node = new_segmentation(volume)
    node.SetAndObserveTransformNodeID(_warp(slicer).GetID())
    with pytest.raises(InputError) as caught:
        show_result(_result(*phantom), volume, node)
    assert caught.value.code == "input.warped_segmentation"


def test_an_mr_volume_is_named(slicer: Any, volume: Any) -> None:
    from OrganSegSlicer.volumes import scan_of

    hierarchy = slicer.mrmlScene.GetSubjectHierarchyNode()
    item = hierarchy.GetItemByDataNode(volume) or hierarchy.CreateItem(hierarchy.GetSceneItemID(), volume)
    hierarchy.SetItemAttribute(item, "DICOM.Modality", "MR")
    with pytest.raises(InputError) as caught:
        scan_of(volume)
    assert caught.value.code == "input.not_ct"


def test_absent_organs_lose_their_segment(volume: Any, phantom: tuple[Scan, Labelmap]) -> None:
    from OrganSegSlicer.segmentations import find_organ, show_result
    from OrganSegSlicer.statistics import rows_of_segments

    scan, labelmap = phantom
    node = show_result(_result(scan, labelmap), volume)
    label = next(value for value, organ in labelmap.organs.items() if organ.name == "liver")
    without = Labelmap(np.where(labelmap.voxels == label, 0, labelmap.voxels), scan.grid, labelmap.organs)
    show_result(_result(scan, without), volume, node)
    assert find_organ(node.GetSegmentation(), "liver") == ""
    rows = {row.name: row for row in rows_of_segments(node, scan)}
    assert rows["Liver"].measured.status == "absent"
    assert rows["Spleen"].measured.status == "found"
