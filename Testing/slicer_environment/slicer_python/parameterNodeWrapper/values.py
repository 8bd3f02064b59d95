"""How a parameter of a Python type is kept in a node, whose parameters are strings."""

import json
import typing
from typing import Any

import slicer

_DEFAULTS: dict[Any, Any] = {str: "", bool: False, int: 0, float: 0.0, list[str]: []}


class Value:
    """The type, the rules and the default of one parameter."""

    def __init__(self, hint: Any, default: Any) -> None:
        self.kind, *self.rules = (
            typing.get_args(hint) if typing.get_origin(hint) is typing.Annotated else (hint,)
        )
        self.is_node = isinstance(self.kind, type) and issubclass(self.kind, slicer.vtkMRMLNode)
        if not self.is_node and self.kind not in _DEFAULTS:
            raise TypeError(f"the test environment has no parameters of type {self.kind}")
        self.default = default if self.is_node or default is not None else _DEFAULTS[self.kind]

    def read(self, node: Any, name: str) -> Any:
        if self.is_node:
            return node.GetNodeReference(name)
        text = node.GetParameter(name)
        return text if self.kind is str else json.loads(text)

    def write(self, node: Any, name: str, value: Any) -> None:
        self._check(value)
        if self.is_node:
            node.SetParameter(name, "")
            node.SetNodeReferenceID(name, value.GetID() if value is not None else None)
        else:
            node.SetParameter(name, value if self.kind is str else json.dumps(value))

    def _check(self, value: Any) -> None:
        kind = typing.get_origin(self.kind) or self.kind
        allowed = (kind, type(None)) if self.is_node else (int, float) if kind is float else kind
        if not isinstance(value, allowed) or (isinstance(value, bool) and kind is not bool):
            raise TypeError(f"{value!r} is no {self.kind}")
        for rule in self.rules:
            rule.validate(value)
