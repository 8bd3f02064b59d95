"""``object.connect("signal(types)", callable)``, as PythonQt has it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from PySide6.QtCore import SIGNAL, QMetaObject, QObject

_connect = QObject.connect
_disconnect = QObject.disconnect


def _signal(sender: QObject, signature: str) -> str:
    """The normalised signature of a signal that ``sender`` has.

    Raises:
        ValueError: it has none like that. PythonQt prints a warning and returns False.
    """
    # The type hints ask for bytes; what is taken is a string.
    normal: str = QMetaObject.normalizedSignature(signature).toStdString()  # type: ignore[arg-type]
    # MRML's types are Python objects to PySide: the stand-ins know the C++ signature that they stand for.
    stood_for: dict[str, str] = getattr(type(sender), "_cpp_signatures", {})
    normal = stood_for.get(normal, normal)
    if sender.metaObject().indexOfSignal(normal) < 0:
        raise ValueError(f"{sender.metaObject().className()} has no signal {signature!r}")
    return normal


def _connect_by_signature(sender: QObject, signature: str, *receiver: Any) -> bool:
    if not isinstance(signature, str) or not 1 <= len(receiver) <= 2:
        raise TypeError("connect takes 'signal(types)' and a callable, or an object and 'slot(types)'")
    target: Callable[..., Any] = receiver[0]
    if len(receiver) == 2:
        target = getattr(receiver[0], receiver[1].split("(")[0])
    return bool(_connect(sender, SIGNAL(_signal(sender, signature)), target))


def _disconnect_by_signature(sender: QObject, signature: str, *receiver: Any) -> bool:
    return bool(_disconnect(sender, SIGNAL(_signal(sender, signature)), *receiver))


def _lookup(own: Callable[..., Any]) -> Callable[[QObject, str], Any]:
    def lookup(self: QObject, name: str) -> Any:
        if name == "connect":
            return lambda *arguments: _connect_by_signature(self, *arguments)
        if name == "disconnect":
            return lambda *arguments: _disconnect_by_signature(self, *arguments)
        return own(self, name)

    return lookup


def make_signals_connectable(classes: Iterable[type]) -> None:
    """Give the classes PythonQt's ``connect`` and ``disconnect``.

    PySide looks these two names up in its own attribute access, so that is what has to be wrapped.
    """
    for cls, own in [(cls, cls.__getattribute__) for cls in classes]:
        cls.__getattribute__ = _lookup(own)  # type: ignore[method-assign, assignment]
