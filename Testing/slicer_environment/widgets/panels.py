"""``qMRMLWidget`` and ``qSlicerWidget``: panels that know the scene and tell their children."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget
from slicer import vtkMRMLScene

from ..python_qt.properties import stands_for_cpp


@stands_for_cpp
class qMRMLWidget(QWidget):
    """A panel with a scene.

    Its children learn of the scene only through the connections that the .ui file declares, as in Slicer.
    """

    mrmlSceneChanged = Signal(object)
    _cpp_signatures = {"mrmlSceneChanged(vtkMRMLScene*)": "mrmlSceneChanged(PyObject)"}
    _scene: vtkMRMLScene | None = None

    def mrmlScene(self) -> vtkMRMLScene | None:
        return self._scene

    def setMRMLScene(self, scene: vtkMRMLScene | None) -> None:
        if scene is not self._scene:
            self._scene = scene
            self.mrmlSceneChanged.emit(scene)


@stands_for_cpp
class qSlicerWidget(qMRMLWidget):
    """A panel with a scene, in Slicer's own layer."""
