"""The application: views, files, modules, and that it refuses what it does not implement."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

MODULE = """
import slicer
from typing import Annotated
from slicer.i18n import tr as _
from slicer.parameterNodeWrapper import Choice, WithinRange, parameterNodeWrapper
from slicer.ScriptedLoadableModule import *

@parameterNodeWrapper
class TinyParameterNode:
    volume: slicer.vtkMRMLScalarVolumeNode
    device: Annotated[str, Choice(["auto", "cpu"])] = "auto"
    steps: Annotated[int, WithinRange(0, 20)] = 3
    warm: bool = True
    skipped: list[str]

class Tiny(ScriptedLoadableModule):
    def __init__(self, parent):
        ScriptedLoadableModule.__init__(self, parent)
        self.parent.title = _("Tiny")

class TinyWidget(ScriptedLoadableModuleWidget):
    happened = []
    def setup(self):
        ScriptedLoadableModuleWidget.setup(self)
        self.happened.append("setup")
    def enter(self):
        self.happened.append("enter")
    def exit(self):
        self.happened.append("exit")
    def cleanup(self):
        self.happened.append("cleanup")

class TinyLogic(ScriptedLoadableModuleLogic):
    def getParameterNode(self):
        return TinyParameterNode(super().getParameterNode())

class TinyTest(ScriptedLoadableModuleTest):
    ran = []
    def test_one(self):
        self.ran.append("one")
    def test_two(self):
        self.ran.append("two")
"""


def a_volume(slicer: Any, name: str = "CT") -> Any:
    voxels = np.full((20, 30, 40), -1000, np.int16)
    voxels[5:15, 8:22, 10:30] = 100
    volume = slicer.util.addVolumeFromArray(voxels, name=name)
    volume.CreateDefaultDisplayNodes()
    volume.GetDisplayNode().SetAutoWindowLevel(False)
    volume.GetDisplayNode().SetWindowLevelMinMax(-200, 300)
    return volume


def a_segmentation(slicer: Any, volume: Any) -> Any:
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", "Organs")
    node.CreateDefaultDisplayNodes()
    node.SetReferenceImageGeometryParameterFromVolumeNode(volume)
    segment = node.GetSegmentation().AddEmptySegment("liver", "Liver", (1.0, 0.0, 0.0))
    mask = (slicer.util.arrayFromVolume(volume) > 0).astype(np.uint8)
    slicer.util.updateSegmentBinaryLabelmapFromArray(mask, node, segment, volume)
    return node


@pytest.fixture
def tiny(slicer: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A small scripted module, loaded once."""
    manager = slicer.app.moduleManager()
    if manager.module("Tiny") is None:
        path = tmp_path_factory.mktemp("module") / "Tiny.py"
        path.write_text(MODULE, encoding="utf-8")
        manager.load(path)
    import Tiny

    Tiny.TinyWidget.happened.clear()
    Tiny.TinyTest.ran.clear()
    return Tiny


def test_what_the_application_lacks_raises(slicer: Any) -> None:
    with pytest.raises(AttributeError):
        slicer.app.dicomDatabase()
    with pytest.raises(AttributeError):
        slicer.app.organ = "liver"
    with pytest.raises(AttributeError):
        _ = slicer.modules.segmenteditor
    assert slicer.app.testingEnabled()


def test_modules_are_entered_left_reloaded_and_unloaded(slicer: Any, tiny: Any) -> None:
    slicer.util.selectModule("Tiny")
    assert slicer.util.selectedModule() == "Tiny"
    assert tiny.TinyWidget.happened == ["setup", "enter"]
    assert slicer.util.getModuleWidget("Tiny").parent.isEntered
    slicer.util.selectModule("Volumes")
    slicer.util.getModuleWidget("Tiny").onReload()
    assert tiny.TinyWidget.happened == ["setup", "enter", "exit", "cleanup"]
    new = slicer.util.getModuleWidget("Tiny")
    assert new.happened == ["setup"]
    slicer.app.moduleManager().unload("Tiny")
    assert new.happened == ["setup", "cleanup"]


@pytest.mark.usefixtures("tiny")
def test_a_module_describes_itself_with_known_words_only(slicer: Any) -> None:
    description = slicer.modules.tiny
    assert description.title == "Tiny"
    with pytest.raises(AttributeError):
        description.tittle = "Tiny"


def test_both_ways_run_every_test(slicer: Any, tiny: Any) -> None:
    slicer.testing.runUnitTest([str(Path(slicer.modules.tiny.path).parent)], "Tiny")
    slicer.selfTests["Tiny"](msec=0)
    assert tiny.TinyTest.ran == ["one", "two"] * 2


def test_parameters_are_typed(slicer: Any, tiny: Any) -> None:
    parameters = tiny.TinyLogic().getParameterNode()
    assert (parameters.device, parameters.steps, parameters.warm) == ("auto", 3, True)
    assert parameters.volume is None
    assert list(parameters.skipped) == []
    volume = a_volume(slicer)
    parameters.volume, parameters.skipped = volume, ["liver", "spleen"]
    again = tiny.TinyLogic().getParameterNode()
    assert again.volume is volume
    assert list(again.skipped) == ["liver", "spleen"]
    with pytest.raises(ValueError, match="21"):
        parameters.steps = 21
    with pytest.raises(ValueError, match="gpu"):
        parameters.device = "gpu"
    with pytest.raises(TypeError):
        parameters.steps = "3"


def test_parameters_and_widgets_follow_each_other(tiny: Any) -> None:
    import qt

    panel = type("Panel", (), {})()
    for name, widget in (("steps", qt.QSpinBox()), ("warm", qt.QCheckBox()), ("device", qt.QComboBox())):
        widget.setProperty("SlicerParameterName", name)
        setattr(panel, name, widget)
    parameters = tiny.TinyLogic().getParameterNode()
    tag = parameters.connectGui(panel)
    assert (panel.steps.value, panel.warm.checked, panel.device.currentText) == (3, True, "auto")
    panel.steps.value = 5
    panel.device.setCurrentText("cpu")
    assert (parameters.steps, parameters.device) == (5, "cpu")
    parameters.warm = False
    assert not panel.warm.checked
    parameters.disconnectGui(tag)
    panel.steps.value = 7
    assert parameters.steps == 5


def test_a_volume_and_a_segmentation_survive_files(slicer: Any, tmp_path: Path) -> None:
    volume = a_volume(slicer)
    node = a_segmentation(slicer, volume)
    voxels = slicer.util.arrayFromVolume(volume).copy()
    assert slicer.util.saveNode(volume, str(tmp_path / "ct.nrrd"))
    assert slicer.util.saveNode(node, str(tmp_path / "organs.seg.nrrd"))
    slicer.mrmlScene.Clear()
    assert np.array_equal(slicer.util.arrayFromVolume(slicer.util.loadVolume(tmp_path / "ct.nrrd")), voxels)
    read = slicer.util.loadSegmentation(tmp_path / "organs.seg.nrrd")
    assert read.GetSegmentation().GetNthSegment(0).GetName() == "Liver"
    with pytest.raises(RuntimeError):
        slicer.util.loadVolume(tmp_path / "missing.nrrd")


def test_a_scene_survives_a_bundle(slicer: Any, tmp_path: Path) -> None:
    a_segmentation(slicer, a_volume(slicer))
    assert slicer.util.saveScene(str(tmp_path / "scene.mrb"))
    slicer.mrmlScene.Clear()
    slicer.util.loadScene(str(tmp_path / "scene.mrb"))
    assert slicer.util.getNode("CT").GetImageData().GetDimensions() == (40, 30, 20)
    assert slicer.util.getNode("Organs").GetSegmentation().GetNumberOfSegments() == 1


def test_views_show_the_volume_and_the_surface(slicer: Any) -> None:
    from Testing.slicer_environment.pictures import arrange_views, views_images

    volume = a_volume(slicer)
    node = a_segmentation(slicer, volume)
    node.CreateClosedSurfaceRepresentation()
    arrange_views(volume, node)
    for name, image in views_images().items():
        assert not image.isNull()
        colour = image.pixelColor(image.width() // 2, image.height() // 2)
        assert colour.red() > colour.green() + 40, name


def test_exceptions_in_slots_are_collected(application: Any) -> None:
    import qt

    from Testing.slicer_environment.uncaught import uncaught_exceptions

    button = qt.QPushButton()
    button.connect("clicked()", lambda: 1 / 0)
    with uncaught_exceptions() as raised:
        button.click()
        application.app.processEvents()
    assert [type(error) for error in raised] == [ZeroDivisionError]
