"""``slicer.app``."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from PySide6.QtCore import Property, QProcessEnvironment, QSettings, Signal
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import QApplication

from ..python_qt.properties import stands_for_cpp
from .files import qSlicerCoreIOManager
from .layout import qSlicerLayoutManager
from .logics import give_a_cache
from .main_window import qSlicerMainWindow
from .modules import qSlicerModuleManager


def _constant(name: str, kind: type) -> Property:
    return Property(kind, lambda self: getattr(self, name))


@stands_for_cpp
class qSlicerApplication(QApplication):
    """The application, in testing mode. What it does not implement is an AttributeError."""

    startupCompleted = Signal()
    mrmlSceneChanged = Signal(object)
    _cpp_signatures = {"mrmlSceneChanged(vtkMRMLScene*)": "mrmlSceneChanged(PyObject)"}
    _folder: tempfile.TemporaryDirectory[str] | None = None
    _temporary_path = ""
    _slicer_home = ""
    _major, _minor, _revision = 5, 13, "31053"
    _scene: Any = None
    _logic: Any = None
    _settings: Any = None
    _modules: Any = None
    _files: Any = None
    _layout: Any = None
    _window: Any = None
    _render_paused = 0
    temporaryPath = _constant("_temporary_path", str)
    slicerHome = _constant("_slicer_home", str)
    majorVersion = _constant("_major", int)
    minorVersion = _constant("_minor", int)
    revision = _constant("_revision", str)

    def __init__(self, scene: Any, logic: Any) -> None:
        super().__init__(["Slicer"])
        self.setApplicationName("Slicer")
        self.setOrganizationName("NA-MIC")
        self.setStyle("Fusion")
        _ensure_a_font()
        self._folder = tempfile.TemporaryDirectory(prefix="slicer-environment-")
        self._temporary_path = self._slicer_home = self._folder.name
        # Nobody's own settings are read or written.
        QSettings.setDefaultFormat(QSettings.Format.IniFormat)
        QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, self._folder.name)
        self._settings = QSettings()
        self._settings.setValue("Developer/SelfTestDisplayMessageDelay", 0)
        self._scene, self._logic = scene, logic
        logic.SetTemporaryPath(self._folder.name)
        give_a_cache(scene, self._folder.name)
        self._modules, self._files = qSlicerModuleManager(self), qSlicerCoreIOManager(scene)
        self._layout = qSlicerLayoutManager(scene, logic)

    def build_main_window(self) -> None:
        self._window = qSlicerMainWindow(self._modules)

    def mrmlScene(self) -> Any:
        return self._scene

    def applicationLogic(self) -> Any:
        return self._logic

    def moduleManager(self) -> Any:
        return self._modules

    def moduleLogic(self, name: str) -> Any:
        return self._logic.GetModuleLogic(name)

    def coreIOManager(self) -> Any:
        return self._files

    def ioManager(self) -> Any:
        return self._files

    def layoutManager(self) -> Any:
        return self._layout

    def settings(self) -> Any:
        return self._settings

    def userSettings(self) -> Any:
        return self._settings

    def testingEnabled(self) -> bool:
        return True

    def startupEnvironment(self) -> QProcessEnvironment:
        return QProcessEnvironment.systemEnvironment()

    def pauseRender(self) -> None:
        self._render_paused += 1

    def resumeRender(self) -> None:
        self._render_paused -= 1


def _ensure_a_font() -> None:
    """A machine without any font, such as a container, would draw empty boxes; matplotlib brings one."""
    if not QFontDatabase.families():
        import matplotlib

        for style in ("", "-Bold"):
            font = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / f"DejaVuSans{style}.ttf"
            QFontDatabase.addApplicationFont(str(font))
