"""Qt as Slicer's Python sees it (PythonQt), on PySide6.

PythonQt and PySide6 wrap the same classes differently; what is allowed here is what PythonQt allows:

- properties are attributes: ``button.enabled = False``, ``label.text`` (properties.py);
- signals are connected by signature, ``button.connect("clicked(bool)", f)``, and an unknown one is an error
  (signals.py; PythonQt only prints a line that nobody reads);
- no new attributes on C++ objects (properties.py);
- enum values are integers (enums.py).
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

from PySide6 import QtCore, QtGui, QtNetwork, QtUiTools, QtWidgets

from .enums import make_enums_integers
from .properties import is_qt_class, make_properties_attributes
from .signals import make_signals_connectable
from .ui_loader import UiLoader

# PySide's own words, and what Qt 6 added since Slicer's Qt 5.15.
_NOT_IN_SLICER = {"Signal", "Slot", "Property", "SIGNAL", "SLOT", "ClassInfo", "QtMsgType"}
_ONLY_QT6_METHODS = {
    "QCheckBox": ("checkStateChanged",),
    "QSinglePointEvent": ("position", "globalPosition", "scenePosition"),
    "QEventPoint": ("position", "globalPosition"),
}


def _only_the_name(ask: Callable[..., tuple[Any, str]]) -> Callable[..., Any]:
    """PySide tells the chosen filter, too."""
    return lambda *arguments: ask(*arguments)[0]


def install() -> ModuleType:
    """Make ``import qt`` work as in Slicer; returns the module. Calling it again changes nothing."""
    if "qt" in sys.modules:
        return sys.modules["qt"]
    module = ModuleType("qt", __doc__)
    for library in (QtCore, QtGui, QtWidgets, QtNetwork, QtUiTools):
        for name in dir(library):
            if not name.startswith("_") and name not in _NOT_IN_SLICER:
                setattr(module, name, getattr(library, name))
    classes = [value for value in vars(module).values() if is_qt_class(value)]
    for cls in classes:
        for method in _ONLY_QT6_METHODS.get(cls.__name__, ()):
            if method in vars(cls):
                delattr(cls, method)
    make_enums_integers([*classes, QtCore.Qt])
    make_properties_attributes(classes)
    make_signals_connectable([cls for cls in classes if issubclass(cls, QtCore.QObject)])
    module.QUiLoader = UiLoader  # type: ignore[attr-defined]
    for name in ("getSaveFileName", "getOpenFileNames"):
        setattr(module.QFileDialog, name, _only_the_name(getattr(QtWidgets.QFileDialog, name)))
    sys.modules["qt"] = module
    return module
