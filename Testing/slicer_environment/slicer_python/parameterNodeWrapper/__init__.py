"""``slicer.parameterNodeWrapper``: typed access to the parameters of a node, and widgets that show them.

What it knows: nodes, ``str``, ``bool``, ``int``, ``float``, ``list[str]``, ``Choice`` and ``WithinRange``,
and widgets with a ``SlicerParameterName``. Anything else is a TypeError.
"""

import typing
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import slicer
import vtk

from .validators import Choice, WithinRange
from .values import Value
from .widgets import Connector, connector

__all__ = ["Choice", "SlicerParameterNamePropertyName", "WithinRange", "parameterNodeWrapper"]

SlicerParameterNamePropertyName = "SlicerParameterName"


class _Wrapper:
    """What the decorated class becomes."""

    allParameters: dict[str, Value] = {}

    def __init__(self, parameterNode: Any) -> None:
        self.parameterNode = parameterNode
        self._connected: dict[int, tuple[int, dict[str, Connector]]] = {}
        self._updating = False
        for name, value in self.allParameters.items():
            if not parameterNode.HasParameter(name):
                value.write(parameterNode, name, value.default)

    def getValue(self, name: str) -> Any:
        return self.allParameters[name].read(self.parameterNode, name)

    def setValue(self, name: str, value: Any) -> None:
        with slicer.util.NodeModify(self.parameterNode):
            self.allParameters[name].write(self.parameterNode, name, value)

    def connectGui(self, gui: Any) -> int:
        """Let every widget of ``gui`` that names a parameter show it and change it."""
        named = {
            str(widget.property(SlicerParameterNamePropertyName)): widget
            for widget in vars(gui).values()
            if widget.property(SlicerParameterNamePropertyName)
        }
        unknown = set(named) - set(self.allParameters)
        if unknown:
            raise ValueError(f"widgets name unknown parameters: {sorted(unknown)}")
        connectors = {name: connector(widget, self.allParameters[name]) for name, widget in named.items()}
        for name, one in connectors.items():
            one.write(self.getValue(name))
            one.connect(self._writer(name, one))
        observer = self.AddObserver(vtk.vtkCommand.ModifiedEvent, lambda _node, _event: self._show())
        self._connected[observer] = (observer, connectors)
        return observer

    def disconnectGui(self, tag: int) -> None:
        if tag in self._connected:
            observer, connectors = self._connected.pop(tag)
            self.RemoveObserver(observer)
            for one in connectors.values():
                one.disconnect()

    def _writer(self, name: str, one: Connector) -> Callable[[], None]:
        def write() -> None:
            if not self._updating:
                self.setValue(name, one.read())

        return write

    @contextmanager
    def _update(self) -> Iterator[None]:
        self._updating = True
        try:
            yield
        finally:
            self._updating = False

    def _show(self) -> None:
        if not self._updating:
            with self._update(), slicer.util.NodeModify(self.parameterNode):
                for _observer, connectors in self._connected.values():
                    for name, one in connectors.items():
                        one.write(self.getValue(name))

    def StartModify(self) -> int:
        return int(self.parameterNode.StartModify())

    def EndModify(self, wasModified: int) -> None:
        self.parameterNode.EndModify(wasModified)

    def AddObserver(self, event: int, callback: Callable[..., Any], priority: float = 0.0) -> int:
        return int(self.parameterNode.AddObserver(event, callback, priority))

    def RemoveObserver(self, tag: int) -> None:
        self.parameterNode.RemoveObserver(tag)


def _parameter(name: str) -> property:
    return property(lambda self: self.getValue(name), lambda self, value: self.setValue(name, value))


def parameterNodeWrapper(cls: type) -> type:
    """Class decorator: each annotated name becomes a parameter of the node given to the constructor."""
    hints = typing.get_type_hints(cls, include_extras=True)
    values = {name: Value(hint, getattr(cls, name, None)) for name, hint in hints.items()}
    members: dict[str, Any] = {name: _parameter(name) for name in values}
    return type(cls.__name__, (_Wrapper,), {**members, "__doc__": cls.__doc__, "allParameters": values})
