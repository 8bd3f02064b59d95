"""Distances where users bend, import and lose things."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import vtk
from OrganSegLib.errors import OrganSegError
from OrganSegLib.phantom import make_phantom

ROOT = Path(__file__).resolve().parents[2]
SHIFT = (12.0, -8.0, 5.0)


@pytest.fixture(scope="module")
def panel(application: Any) -> Iterator[Any]:
    """OrganSeg's panel, whose worker stays warm from one test to the next."""
    from Testing.slicer_environment.self_test import load_module

    yield load_module(ROOT / "OrganSeg" / "OrganSeg.py")
    application.app.moduleManager().unload("OrganSeg")


@pytest.fixture
def logic(panel: Any) -> Any:
    return panel.logic


@pytest.fixture
def organs(slicer: Any, logic: Any) -> Any:
    """A segmentation of the phantom's abdomen, chosen in the panel."""
    from OrganSegLib.pipeline import Segmentation
    from OrganSegSlicer.segmentations import show_result
    from OrganSegSlicer.spaces import FLIP, vtk_matrix

    scan, labelmap = make_phantom(seed=4, spacing_mm=(8.0, 8.0, 8.0), region="abdomen")
    volume = slicer.util.addVolumeFromArray(scan.voxels, vtk_matrix(FLIP @ scan.grid.affine), "CT")
    node = show_result(Segmentation.of(scan, labelmap, {}, {"notes": []}), volume)
    logic.getParameterNode().segmentation = node
    return node


@pytest.fixture
def point(slicer: Any, organs: Any) -> Any:
    """A point between the organs."""
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLMarkupsFiducialNode")
    node.AddControlPointWorld(np.add(centre(organs, "liver"), centre(organs, "spleen")) / 2)
    return node


def centre(organs: Any, name: str) -> Any:
    from OrganSegSlicer.segmentations import find_organ

    return organs.GetSegmentCenterRAS(find_organ(organs.GetSegmentation(), name))


def measured(logic: Any, organs: Any, target: Any) -> dict[str, Any]:
    """The distances by organ."""
    from OrganSegSlicer.distances.table import facts_of

    logic.measureDistances(organs, target)
    return {organ["name"]: organ for organ in facts_of(organs)["organs"]}


def warp(slicer: Any) -> Any:
    """A transform that moves by ``SHIFT`` but is not linear to Slicer."""
    source, target = vtk.vtkPoints(), vtk.vtkPoints()
    for corner in np.ndindex(2, 2, 2):
        place = np.subtract(corner, 0.5) * 800
        source.InsertNextPoint(place)
        target.InsertNextPoint(place + SHIFT)
    spline = vtk.vtkThinPlateSplineTransform()
    spline.SetBasisToR()
    spline.SetSourceLandmarks(source)
    spline.SetTargetLandmarks(target)
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLTransformNode")
    node.SetAndObserveTransformToParent(spline)
    return node


def test_a_warp_moves_the_organs(slicer: Any, logic: Any, organs: Any, point: Any) -> None:
    before = measured(logic, organs, point)["liver"]["on_organ"]
    transform = warp(slicer)
    organs.SetAndObserveTransformNodeID(transform.GetID())
    point.SetAndObserveTransformNodeID(transform.GetID())
    after = measured(logic, organs, point)["liver"]["on_organ"]
    assert np.subtract(after, before) == pytest.approx(np.multiply(SHIFT, (-1, -1, 1)), abs=6)


def test_a_shear_is_measured_on_a_straight_grid(slicer: Any, logic: Any, organs: Any, point: Any) -> None:
    before = measured(logic, organs, point)
    matrix = vtk.vtkMatrix4x4()
    matrix.SetElement(0, 1, 0.3)
    sheared = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    sheared.SetMatrixTransformToParent(matrix)
    organs.SetAndObserveTransformNodeID(sheared.GetID())
    after = measured(logic, organs, point)
    for name in ("liver", "spleen"):
        assert after[name]["volume_ml"] == pytest.approx(before[name]["volume_ml"], rel=0.1)
        assert after[name]["distance_mm"] != pytest.approx(before[name]["distance_mm"], abs=0.5)


def test_an_imported_surface_is_a_target(slicer: Any, logic: Any, organs: Any) -> None:
    from OrganSegSlicer.distances.table import facts_of

    sphere = vtk.vtkSphereSource()
    sphere.SetCenter(centre(organs, "liver"))
    sphere.SetRadius(25)
    sphere.SetThetaResolution(32)
    sphere.SetPhiResolution(32)
    sphere.Update()
    imported = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode")
    imported.CreateDefaultDisplayNodes()
    imported.GetSegmentation().SetSourceRepresentationName("Closed surface")
    imported.AddSegmentFromClosedSurfaceRepresentation(
        sphere.GetOutput(), "Tumour", (1.0, 0.0, 0.0), "tumour"
    )
    assert measured(logic, organs, imported)["liver"]["status"] == "overlapping"
    assert facts_of(organs)["target_ml"] == pytest.approx(4 / 3 * np.pi * 25**3 / 1000, rel=0.02)


def test_an_organ_is_a_target(logic: Any, organs: Any) -> None:
    from OrganSegSlicer.segmentations import find_organ

    spleen = find_organ(organs.GetSegmentation(), "spleen")
    found = measured(logic, organs, (organs, spleen))
    assert "spleen" not in found
    assert found["liver"]["distance_mm"] > 0


def test_margins_are_no_target(logic: Any, organs: Any, point: Any) -> None:
    from OrganSegSlicer.distances.nodes import margins_of

    measured(logic, organs, point)
    with pytest.raises(OrganSegError) as caught:
        measured(logic, organs, (margins_of(organs), "margin_1"))
    assert caught.value.code == "input.no_target"


@pytest.mark.parametrize("follow", [True, False])
def test_who_chooses_a_margin_as_target_is_told(
    slicer: Any, panel: Any, organs: Any, point: Any, follow: bool
) -> None:
    from OrganSegSlicer.distances.nodes import margins_of

    measured(panel.logic, organs, point)
    panel.logic.getParameterNode().followTarget = follow
    panel.ui.targetSelector.setCurrentNode(margins_of(organs))
    assert not panel.ui.distanceButton.enabled
    assert "safety margin" in panel.ui.distanceButton.toolTip
    panel.ui.distanceLabel.text = ""
    end = time.monotonic() + 20
    while not panel.ui.distanceLabel.text and time.monotonic() < end:
        slicer.app.processEvents()
    assert "surrounds" in panel.ui.distanceLabel.text
    panel.ui.targetSelector.setCurrentNode(point)
    assert panel.ui.distanceButton.enabled


def test_a_dying_child_is_told_and_replaced(slicer: Any, logic: Any, organs: Any, point: Any) -> None:
    import psutil

    assert measured(logic, organs, point)
    psutil.Process(logic.distances.pid).kill()
    errors: list[OrganSegError] = []
    logic.startDistances(organs, point, error=errors.append)
    while logic.distances.busy:
        slicer.app.processEvents()
    assert [error.code for error in errors] in ([], ["worker.died"])  # killed before or after it was asked
    assert measured(logic, organs, point)


def test_what_is_too_slow_is_no_longer_followed(
    slicer: Any, panel: Any, organs: Any, point: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from OrganSegSlicer.distances import section
    from OrganSegSlicer.distances.table import is_outdated

    monkeypatch.setattr(section, "SLOW_SECONDS", 0.0)
    panel.ui.targetSelector.setCurrentNode(point)
    panel.ui.distanceButton.click()
    while panel.logic.distances.busy:
        slicer.app.processEvents()
    assert panel.ui.followCheckBox.checked
    point.SetNthControlPointPositionWorld(0, *centre(organs, "liver"))
    while is_outdated(organs):
        slicer.app.processEvents()
    assert not panel.ui.followCheckBox.checked
    assert "too slow to follow" in panel.ui.distanceLabel.text


def test_a_second_press_waits_for_the_first(slicer: Any, panel: Any, point: Any) -> None:
    panel.ui.targetSelector.setCurrentNode(point)
    panel.ui.distanceButton.click()
    panel.ui.distanceButton.click()
    while panel.logic.distances.busy:
        slicer.app.processEvents()
    assert "measured in" in panel.ui.distanceLabel.text


@pytest.mark.usefixtures("organs")
def test_segments_drawn_later_become_the_target(slicer: Any, panel: Any) -> None:
    lesions = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", "Lesions")
    panel.ui.targetSelector.setCurrentNode(lesions)
    assert panel.ui.targetPartBox.count == 0
    first = lesions.GetSegmentation().AddEmptySegment("a", "First")
    lesions.GetSegmentation().AddEmptySegment("b", "Second")
    assert panel.logic.getParameterNode().targetPart == first
    assert [panel.ui.targetPartBox.itemText(n) for n in range(2)] == ["First", "Second"]
    lesions.GetSegmentation().GetSegment("b").SetName("Renamed")
    assert panel.ui.targetPartBox.itemText(1) == "Renamed"
    lesions.GetSegmentation().RemoveSegment(first)
    panel.ui.distanceButton.click()
    assert "no target" in panel.ui.distanceLabel.text
