"""The main window: the module panel on the left, the views on the right."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Property, QObject, Signal
from PySide6.QtWidgets import QMainWindow, QScrollArea, QWidget

from ..python_qt.properties import stands_for_cpp
from .modules import qSlicerModuleManager


@stands_for_cpp
class qSlicerModuleSelectorToolBar(QObject):
    """Shows one module and leaves the one before."""

    moduleSelected = Signal(str)
    _manager: Any = None
    _panel: Any = None
    _selected = ""
    selectedModule = Property(str, lambda self: self._selected)

    def __init__(self, manager: qSlicerModuleManager, panel: QScrollArea) -> None:
        super().__init__(panel)
        self._manager, self._panel = manager, panel

    def selectModule(self, name: str) -> None:
        module = self._manager.module(name)
        if module is None:
            raise ValueError(f"no module {name!r} is loaded")
        shown: Any = self._panel.takeWidget()
        if shown is not None and hasattr(shown, "exit"):
            shown.exit()
        if hasattr(module, "widgetRepresentation"):
            widget = module.widgetRepresentation()
            self._panel.setWidget(widget)
            widget.enter()
        self._selected = name
        self.moduleSelected.emit(name)


@stands_for_cpp
class qSlicerMainWindow(QMainWindow):
    """``slicer.util.mainWindow()``."""

    _selector: Any = None

    def __init__(self, manager: qSlicerModuleManager, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("qSlicerMainWindow")
        panel = QScrollArea(self)
        panel.setWidgetResizable(True)
        self.setCentralWidget(panel)
        self._selector = qSlicerModuleSelectorToolBar(manager, panel)

    def moduleSelector(self) -> Any:
        return self._selector
