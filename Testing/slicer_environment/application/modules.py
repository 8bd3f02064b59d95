"""Scripted modules: how Slicer finds, shows, reloads and unloads them."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

import slicer
from PySide6.QtCore import Property, QObject, Signal
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QVBoxLayout

from ..python_qt.properties import stands_for_cpp
from ..widgets.panels import qSlicerWidget


class qSlicerScriptedLoadableModule:
    """What a module's ``self.parent`` is: its description. It has no other attributes than these."""

    __slots__ = (
        "_widget",
        "acknowledgementText",
        "associatedNodeTypes",
        "categories",
        "contributors",
        "dependencies",
        "helpText",
        "hidden",
        "icon",
        "index",
        "name",
        "path",
        "title",
        "widgetRepresentationCreationEnabled",
    )

    def __init__(self, path: Path) -> None:
        self.path, self.name = str(path), path.stem
        self.title = self.helpText = self.acknowledgementText = ""
        self.categories: list[str] = []
        self.dependencies: list[str] = []
        self.contributors: list[str] = []
        self.associatedNodeTypes: list[str] = []
        self.icon = QIcon()
        self.hidden, self.index, self.widgetRepresentationCreationEnabled = False, -1, True
        self._widget: qSlicerScriptedLoadableModuleWidget | None = None

    def widgetRepresentation(self) -> qSlicerScriptedLoadableModuleWidget:
        """The module's panel, made when it is first asked for."""
        if self._widget is None:
            self._widget = qSlicerScriptedLoadableModuleWidget(self.name)
            self._widget.reload()
        return self._widget

    def forget_widget(self) -> None:
        self._widget = None


@stands_for_cpp
class qSlicerScriptedLoadableModuleWidget(qSlicerWidget):
    """The C++ side of a module's panel: it owns the Python widget and tells it when it is shown."""

    _module_name = ""
    _python: Any = None
    _entered = False
    moduleName = Property(str, lambda self: self._module_name)
    isEntered = Property(bool, lambda self: self._entered)

    def __init__(self, module_name: str) -> None:
        super().__init__()
        self._module_name = module_name
        self.setLayout(QVBoxLayout())
        self.setMRMLScene(slicer.mrmlScene)

    def self(self) -> Any:
        return self._python

    def reload(self) -> None:
        """Make the Python widget from the class that the module's file has now."""
        name = f"{self._module_name}Widget"
        self._python = getattr(sys.modules[self._module_name], name)(self)
        setattr(slicer.modules, name, self._python)
        self._python.setup()

    def enter(self) -> None:
        self._entered = True
        if hasattr(self._python, "enter"):
            self._python.enter()

    def exit(self) -> None:
        self._entered = False
        if hasattr(self._python, "exit"):
            self._python.exit()


@stands_for_cpp
class qSlicerModuleManager(QObject):
    """``slicer.app.moduleManager()``."""

    moduleLoaded = Signal(str)
    moduleAboutToBeUnloaded = Signal(str)
    _loaded: dict[str, qSlicerScriptedLoadableModule] = {}

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._loaded = {}

    def load(self, path: Path) -> qSlicerScriptedLoadableModule:
        """Load the scripted module in the file ``path``, as at start-up; not part of Slicer's interface."""
        name = path.stem
        if str(path.parent) not in sys.path:
            sys.path.insert(0, str(path.parent))
        description = qSlicerScriptedLoadableModule(path)
        setattr(slicer.modules, name.lower(), description)
        instance = getattr(importlib.import_module(name), name)(description)
        setattr(slicer.modules, f"{name}Instance", instance)
        self._loaded[name] = description
        self.moduleLoaded.emit(name)
        slicer.app.startupCompleted.emit()
        return description

    def unload(self, name: str) -> None:
        """What the application does on its way out; not part of Slicer's interface."""
        self.moduleAboutToBeUnloaded.emit(name)
        self._loaded.pop(name).forget_widget()
        delattr(slicer.modules, name.lower())

    def modulesNames(self) -> list[str]:
        return list(self._loaded)

    def module(self, name: str) -> Any:
        return self._loaded.get(name) or getattr(slicer.modules, name.lower(), None)
