"""Qt's own loader of .ui files, with the stand-ins registered and nothing overlooked in silence."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from typing import ClassVar

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QObject
from PySide6.QtUiTools import QUiLoader
from PySide6.QtWidgets import QWidget

from .properties import dropped_attributes

_ALLOWED_DYNAMIC_PROPERTIES = {"SlicerParameterName"}


class UiLoader(QUiLoader):
    """``qt.QUiLoader``: an unknown class, property or signal in the file raises ValueError."""

    stand_ins: ClassVar[dict[str, type[QWidget]]] = {}

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        for stand_in in self.stand_ins.values():
            self.registerCustomWidget(stand_in)

    def load(self, device: QIODevice, parent: QWidget | None = None) -> QWidget:  # type: ignore[override]
        tree = ElementTree.fromstring(bytes(device.readAll().data()))  # noqa: S314  (the project's own file)
        unknown = {widget.get("class", "") for widget in tree.iter("widget")} - {
            *self.availableWidgets(),
            *self.stand_ins,
        }
        if unknown:
            raise ValueError(f"no such widgets here: {sorted(unknown)}")
        connections = list(tree.iter("connection"))
        for section in tree.findall("connections"):
            tree.remove(section)
        buffer = QBuffer()
        buffer.setData(QByteArray(ElementTree.tostring(tree)))
        buffer.open(QIODevice.OpenModeFlag.ReadOnly)
        names = {widget.get("name", "") for widget in tree.iter("widget")}
        with dropped_attributes(names):
            root = super().load(buffer, parent)
        if root is None:
            raise ValueError(f"Qt cannot build this file: {self.errorString()}")
        _check_properties(root)
        for connection in connections:
            _connect(root, connection)
        return root


def _check_properties(root: QWidget) -> None:
    for widget in [root, *root.findChildren(QWidget)]:
        named = {bytes(name.data()).decode() for name in widget.dynamicPropertyNames()}
        unknown = {name for name in named if not name.startswith("_")} - _ALLOWED_DYNAMIC_PROPERTIES
        if unknown:
            raise ValueError(f"{type(widget).__name__} {widget.name!r} has no properties {sorted(unknown)}")  # type: ignore[attr-defined]


def _connect(root: QWidget, connection: ElementTree.Element) -> None:
    """Make one <connection> of the file; PySide's loader cannot connect signals that carry MRML types."""

    def text(tag: str) -> str:
        return connection.findtext(tag, "")

    def widget(name: str) -> QObject:
        found = root if root.name == name else root.findChild(QObject, name)  # type: ignore[attr-defined]
        if found is None:
            raise ValueError(f"a connection names {name!r}, which is not in the file")
        return found

    widget(text("sender")).connect(text("signal"), widget(text("receiver")), text("slot"))
