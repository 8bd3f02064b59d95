"""``qMRMLNodeComboBox``: chooses a node of the scene."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Property, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QWidget
from slicer import vtkMRMLNode, vtkMRMLScene

from ..python_qt.properties import stands_for_cpp


def _stored(name: str, kind: Any) -> Property:
    """A property kept in a private attribute; writing it fills the list anew."""

    def write(self: qMRMLNodeComboBox, value: Any) -> None:
        setattr(self, name, value)
        self._fill()

    return Property(kind, lambda self: getattr(self, name), write)


@stands_for_cpp
class qMRMLNodeComboBox(QWidget):
    """Lists the nodes of some classes, and follows the scene."""

    currentNodeChanged = Signal(object)
    currentNodeIDChanged = Signal(str)
    _cpp_signatures = {"currentNodeChanged(vtkMRMLNode*)": "currentNodeChanged(PyObject)"}
    _scene: Any = None
    _box: Any = None
    _observers: tuple[int, ...] = ()
    _filling = False
    _node_types: tuple[str, ...] = ()
    _attributes: tuple[tuple[str, str, str | None], ...] = ()
    _show_children = True
    _show_hidden = False
    _none_enabled = False
    _none_display = "None"
    _base_name = ""
    _add = True
    _remove = True
    _edit = False
    _rename = False
    _select_new = True
    nodeTypes = _stored("_node_types", "QStringList")
    showChildNodeTypes = _stored("_show_children", bool)
    showHidden = _stored("_show_hidden", bool)
    noneEnabled = _stored("_none_enabled", bool)
    noneDisplay = _stored("_none_display", str)
    baseName = _stored("_base_name", str)
    addEnabled = _stored("_add", bool)
    removeEnabled = _stored("_remove", bool)
    editEnabled = _stored("_edit", bool)
    renameEnabled = _stored("_rename", bool)
    selectNodeUponCreation = _stored("_select_new", bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._box = QComboBox(self)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._box)
        self._box.currentIndexChanged.connect(self._chosen)
        self.destroyed.connect(self._forget_scene)

    def mrmlScene(self) -> vtkMRMLScene | None:
        return self._scene

    def setMRMLScene(self, scene: vtkMRMLScene | None) -> None:
        self._forget_scene()
        self._scene = scene
        if scene:
            self._observers = tuple(
                scene.AddObserver(event, self._scene_changed)
                for event in (scene.NodeAddedEvent, scene.NodeRemovedEvent, scene.EndBatchProcessEvent)
            )
        self._fill()

    def _forget_scene(self) -> None:
        for tag in self._observers:
            self._scene.RemoveObserver(tag)
        self._observers = ()

    def _scene_changed(self, *_: Any) -> None:
        if not self._scene.IsBatchProcessing():
            self._fill()

    def addAttribute(self, node_type: str, attribute: str, value: str | None = None) -> None:
        self._attributes = (*self._attributes, (node_type, attribute, value))
        self._fill()

    def _is_listed(self, node: vtkMRMLNode, node_type: str) -> bool:
        if (node.GetHideFromEditors() and not self._show_hidden) or not (
            self._show_children or (node.IsA(node_type) and node.GetClassName() == node_type)
        ):
            return False
        wanted = [(name, value) for kind, name, value in self._attributes if node.IsA(kind)]
        return all(
            node.GetAttribute(name) is not None and value in (None, node.GetAttribute(name))
            for name, value in wanted
        )

    def _nodes(self) -> list[vtkMRMLNode]:
        found: list[vtkMRMLNode] = []
        for node_type in self._node_types if self._scene else ():
            collection = self._scene.GetNodesByClass(node_type)
            collection.UnRegister(None)
            found += [node for node in collection if node not in found and self._is_listed(node, node_type)]
        return found

    def _fill(self) -> None:
        chosen = self.currentNodeID
        self._filling = True
        self._box.clear()
        if self._none_enabled:
            self._box.addItem(self._none_display, "")
        for node in self._nodes():
            self._box.addItem(node.GetName() or "", node.GetID())
        self._box.setCurrentIndex(max(self._box.findData(chosen), 0 if self._box.count else -1))
        self._filling = False
        if self.currentNodeID != chosen:
            self._chosen()

    def _chosen(self, _index: int = 0) -> None:
        if not self._filling:
            self.currentNodeChanged.emit(self.currentNode())
            self.currentNodeIDChanged.emit(self.currentNodeID)

    def currentNode(self) -> vtkMRMLNode | None:
        return self._scene.GetNodeByID(self.currentNodeID) if self._scene and self.currentNodeID else None

    def setCurrentNode(self, node: vtkMRMLNode | str | None) -> None:
        self.setCurrentNodeID(node if isinstance(node, str) else node.GetID() if node else "")

    def _get_current_node_id(self) -> str:
        return self._box.itemData(self._box.currentIndex) or ""

    def setCurrentNodeID(self, node_id: str | None) -> None:
        self._box.setCurrentIndex(self._box.findData(node_id or ""))

    currentNodeID = Property(str, _get_current_node_id, setCurrentNodeID)

    def nodeCount(self) -> int:
        return len(self._nodes())

    def addNode(self) -> vtkMRMLNode:
        """What *Create new ...* in the list does."""
        node = self._scene.AddNewNodeByClass(
            self._node_types[0], self._scene.GenerateUniqueName(self._base_name or self._node_types[0])
        )
        if self._select_new:
            self.setCurrentNode(node)
        return node
