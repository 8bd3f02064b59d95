"""Stand-ins for the CTK and MRML widgets that the module uses, with the properties and signals it may use."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

from PySide6.QtWidgets import QWidget

from ..python_qt.ui_loader import UiLoader
from .collapsible import ctkCollapsibleButton
from .nodes import qMRMLNodeComboBox
from .panels import qMRMLWidget, qSlicerWidget

_CTK = (ctkCollapsibleButton,)
_MRML = (qMRMLNodeComboBox, qMRMLWidget, qSlicerWidget)
# Classes that Slicer's own Python names beside those above; here they can be named, not built.
_CTK_NAMED = (
    "ctkCheckBox",
    "ctkCheckablePushButton",
    "ctkCollapsibleGroupBox",
    "ctkColorPickerButton",
    "ctkComboBox",
    "ctkDirectoryButton",
    "ctkDoubleRangeSlider",
    "ctkDoubleSlider",
    "ctkDoubleSpinBox",
    "ctkPathLineEdit",
    "ctkRangeWidget",
    "ctkSliderWidget",
)
_MRML_NAMED = ("qMRMLRangeWidget", "qMRMLSliderWidget", "qMRMLSpinBox")


def _named_only(name: str) -> type[QWidget]:
    def refuse(self: QWidget, *_: Any) -> None:
        raise NotImplementedError(f"the test environment has no {name}")

    return type(name, (QWidget,), {"__init__": refuse})


def install(slicer: ModuleType) -> None:
    """Make ``import ctk`` work, give ``slicer`` its MRML widgets, and let .ui files name all of them."""
    ctk = ModuleType("ctk", __doc__)
    for module, built, named in ((ctk, _CTK, _CTK_NAMED), (slicer, _MRML, _MRML_NAMED)):
        for widget in built:
            setattr(module, widget.__name__, widget)
            UiLoader.stand_ins[widget.__name__] = widget
        for name in named:
            setattr(module, name, _named_only(name))
    sys.modules["ctk"] = ctk
