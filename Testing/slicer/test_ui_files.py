"""The loader of .ui files overlooks nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

FILE = """<ui version="4.0"><class>Panel</class>
<widget class="qMRMLWidget" name="Panel"><layout class="QVBoxLayout">
 <item><widget class="ctkCollapsibleButton" name="section">
  <property name="text"><string>Input</string></property>
  <layout class="QVBoxLayout"><item><widget class="qMRMLNodeComboBox" name="selector">
   <property name="nodeTypes"><stringlist><string>vtkMRMLScalarVolumeNode</string></stringlist></property>
   <property name="SlicerParameterName" stdset="0"><string>inputVolume</string></property>
  </widget></item></layout></widget></item>
</layout></widget>
<connections><connection><sender>Panel</sender><signal>mrmlSceneChanged(vtkMRMLScene*)</signal>
 <receiver>selector</receiver><slot>setMRMLScene(vtkMRMLScene*)</slot></connection></connections></ui>"""


def load(slicer: Any, folder: Path, text: str) -> Any:
    path = folder / "Panel.ui"
    path.write_text(text, encoding="utf-8")
    return slicer.util.loadUI(str(path))


def test_the_scene_arrives_through_the_files_connections(slicer: Any, tmp_path: Path) -> None:
    panel = load(slicer, tmp_path, FILE)
    ui = slicer.util.childWidgetVariables(panel)
    assert ui.selector.property("SlicerParameterName") == "inputVolume"
    panel.setMRMLScene(slicer.mrmlScene)
    assert ui.selector.mrmlScene() is slicer.mrmlScene


def test_without_a_connection_no_scene_arrives(slicer: Any, tmp_path: Path) -> None:
    panel = load(slicer, tmp_path, FILE.split("<connections>")[0] + "</ui>")
    panel.setMRMLScene(slicer.mrmlScene)
    assert slicer.util.childWidgetVariables(panel).selector.mrmlScene() is None


@pytest.mark.parametrize(
    ("there", "instead", "complaint"),
    [
        ("ctkCollapsibleButton", "ctkMagicButton", "ctkMagicButton"),
        ('name="nodeTypes"', 'name="nodeKinds"', "nodeKinds"),
        ("mrmlSceneChanged(vtkMRMLScene*)", "sceneChanged(vtkMRMLScene*)", "no signal"),
        ("<receiver>selector", "<receiver>selektor", "not in the file"),
    ],
)
def test_what_slicer_would_not_know_raises(
    slicer: Any, tmp_path: Path, there: str, instead: str, complaint: str
) -> None:
    with pytest.raises(ValueError, match=complaint):
        load(slicer, tmp_path, FILE.replace(there, instead))


def test_children_are_no_attributes_of_the_panel(slicer: Any, tmp_path: Path) -> None:
    assert not hasattr(load(slicer, tmp_path, FILE), "selector")
