"""The stand-ins of CTK's and MRML's widgets."""

from __future__ import annotations

from typing import Any

import pytest


def selector(slicer: Any, *types: str) -> Any:
    widget = slicer.qMRMLNodeComboBox()
    widget.nodeTypes = list(types or ["vtkMRMLScalarVolumeNode"])
    widget.noneEnabled = True
    widget.setMRMLScene(slicer.mrmlScene)
    return widget


def add(slicer: Any, name: str, kind: str = "vtkMRMLScalarVolumeNode") -> Any:
    return slicer.mrmlScene.AddNewNodeByClass(kind, name)


def test_a_selector_follows_the_scene(slicer: Any) -> None:
    widget = selector(slicer)
    heard: list[Any] = []
    widget.connect("currentNodeChanged(vtkMRMLNode*)", heard.append)
    volume = add(slicer, "CT")
    assert widget.nodeCount() == 1
    assert widget.currentNode() is None
    widget.setCurrentNode(volume)
    assert heard == [volume]
    slicer.mrmlScene.RemoveNode(volume)
    assert widget.currentNode() is None
    assert heard == [volume, None]


def test_a_selector_without_none_takes_the_first_node(slicer: Any) -> None:
    widget = selector(slicer)
    widget.noneEnabled = False
    volume = add(slicer, "CT")
    assert widget.currentNode() is volume


def test_a_selector_filters(slicer: Any) -> None:
    widget = selector(slicer)
    add(slicer, "labels", "vtkMRMLLabelMapVolumeNode")
    add(slicer, "table", "vtkMRMLTableNode")
    assert widget.nodeCount() == 1
    widget.showChildNodeTypes = False
    assert widget.nodeCount() == 0
    marked = add(slicer, "CT")
    marked.SetAttribute("DICOM.Modality", "CT")
    add(slicer, "MR")
    widget.addAttribute("vtkMRMLScalarVolumeNode", "DICOM.Modality", "CT")
    assert widget.nodeCount() == 1


def test_a_selector_creates_nodes(slicer: Any) -> None:
    widget = selector(slicer, "vtkMRMLSegmentationNode")
    node = widget.addNode()
    assert node.GetClassName() == "vtkMRMLSegmentationNode"
    assert widget.currentNode() is node


def test_stand_ins_are_as_strict_as_cpp(slicer: Any) -> None:
    with pytest.raises(AttributeError, match="nodeKinds"):
        slicer.qMRMLNodeComboBox().nodeKinds = ["vtkMRMLScalarVolumeNode"]
    with pytest.raises(AttributeError, match="_nothing"):
        slicer.qMRMLNodeComboBox()._nothing = 1


@pytest.mark.usefixtures("slicer")
def test_a_collapsed_section_hides_what_is_in_it() -> None:
    import ctk
    import qt

    section = ctk.ctkCollapsibleButton("Advanced")
    inside = qt.QLabel("inside")
    qt.QVBoxLayout(section).addWidget(inside)
    heard: list[bool] = []
    section.connect("contentsCollapsed(bool)", heard.append)
    section.collapsed = True
    assert (inside.isHidden(), section.checked) == (True, False)
    section.click()
    assert not section.collapsed
    assert not inside.isHidden()
    assert heard == [True, False]


@pytest.mark.usefixtures("slicer")
def test_widgets_that_are_only_named_cannot_be_built() -> None:
    import ctk

    with pytest.raises(NotImplementedError, match="ctkSliderWidget"):
        ctk.ctkSliderWidget()
    assert not hasattr(ctk, "ctkMagicButton")
