"""How a widget shows a parameter."""

from collections.abc import Callable
from typing import Any

import qt
import slicer

from .validators import Choice, WithinRange
from .values import Value

# Widget, type of the parameter, the property that holds it, the signal that tells of a change.
_KINDS: tuple[tuple[type, type, str, str], ...] = (
    (qt.QCheckBox, bool, "checked", "toggled"),
    (qt.QPushButton, bool, "checked", "toggled"),
    (qt.QSpinBox, int, "value", "valueChanged"),
    (qt.QSlider, int, "value", "valueChanged"),
    (qt.QDoubleSpinBox, float, "value", "valueChanged"),
    (qt.QLineEdit, str, "text", "textChanged"),
    (qt.QComboBox, str, "currentText", "currentIndexChanged"),
)


class Connector:
    """One widget bound to one parameter."""

    def __init__(self, widget: Any, attribute: str, signal: str) -> None:
        self._widget, self._attribute, self._signal = widget, attribute, getattr(widget, signal)
        self._callback: Callable[[], None] | None = None

    def read(self) -> Any:
        return getattr(self._widget, self._attribute)

    def write(self, value: Any) -> None:
        if value != self.read():
            setattr(self._widget, self._attribute, value)

    def connect(self, callback: Callable[[], None]) -> None:
        # Signals carry the new value; the callback reads it from the widget.
        self._callback = lambda *_: callback()
        self._signal.connect(self._callback)

    def disconnect(self) -> None:
        self._signal.disconnect(self._callback)


class NodeConnector(Connector):
    """A selector of nodes."""

    def __init__(self, widget: Any, value: Value) -> None:
        super().__init__(widget, "", "currentNodeChanged")
        widget.nodeTypes = [value.kind.__name__]

    def read(self) -> Any:
        return self._widget.currentNode()

    def write(self, value: Any) -> None:
        self._widget.setCurrentNode(value)


def connector(widget: Any, value: Value) -> Connector:
    """The connector of a widget and a parameter.

    Raises:
        TypeError: such a widget cannot show such a parameter.
    """
    if value.is_node and type(widget) is slicer.qMRMLNodeComboBox:
        return NodeConnector(widget, value)
    for widget_type, kind, attribute, signal in _KINDS:
        if type(widget) is widget_type and value.kind is kind:
            _set_limits(widget, value)
            return Connector(widget, attribute, signal)
    raise TypeError(f"a {type(widget).__name__} cannot show a {value.kind}")


def _set_limits(widget: Any, value: Value) -> None:
    for rule in value.rules:
        if isinstance(rule, WithinRange):
            widget.setRange(rule.minimum, rule.maximum)
        if isinstance(rule, Choice):
            widget.clear()
            for choice in rule.choices:
                widget.addItem(str(choice))
