"""Qt's properties as attributes, and no other attribute on a C++ object."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import shiboken6
from PySide6.QtCore import Property, QObject, SignalInstance

_Class = TypeVar("_Class", bound=type)
_read = QObject.property
_write = QObject.setProperty
_cpp_classes: set[type] = set()
# Getters that C++ calls through Python in derived classes: they have to stay functions.
_VIRTUAL = {"sizeHint", "minimumSizeHint"}
_dropped: set[str] = set()


@contextmanager
def dropped_attributes(names: set[str]) -> Iterator[None]:
    """Ignore new attributes with these names: only PySide's loader makes one of every named child."""
    _dropped.update(names)
    try:
        yield
    finally:
        _dropped.clear()


def is_qt_class(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, shiboken6.Shiboken.Object)


def stands_for_cpp(cls: _Class) -> _Class:
    """Class decorator for a stand-in of a C++ class: as strict as one.

    Its private state needs a default in the class body (``_scene = None``); everything else that is not a
    property is refused, as on the real class.
    """
    cls._stands_for_cpp = True  # type: ignore[attr-defined]
    return cls


class _QtProperty(property):
    """A property whose class attribute is still the C++ function: ``qt.QTimer.singleShot(0, f)``."""

    def __init__(
        self, getter: Callable[[Any], Any], setter: Callable[[Any, Any], None], function: Any
    ) -> None:
        super().__init__(getter, setter)
        self.function = function

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        return self.function if instance is None else super().__get__(instance, owner)


def _attribute(cls: type, described: Any) -> _QtProperty:
    name, writable = described.name(), described.isWritable()

    def setter(self: QObject, value: Any) -> None:
        if not writable:
            raise AttributeError(f"{cls.__name__}.{name} is read-only")
        if not _write(self, name, value):
            raise TypeError(f"{cls.__name__}.{name} cannot be {value!r}")

    return _QtProperty(lambda self: _read(self, name), setter, getattr(cls, name, None))


def _properties_of(cls: type) -> None:
    """Replace the getters of the properties that ``cls`` itself declares by attributes."""
    meta = cls.staticMetaObject  # type: ignore[attr-defined]
    for index in range(meta.propertyOffset(), meta.propertyCount()):
        described = meta.property(index)
        if described.name() not in _VIRTUAL and described.isScriptable() and described.typeName():
            setattr(cls, described.name(), _attribute(cls, described))


def _is_python_class(cls: type) -> bool:
    """Whether ``cls`` is a class written in Python, which PythonQt lets have attributes of its own."""
    return cls not in _cpp_classes and "_stands_for_cpp" not in vars(cls)


def _strict_setattr(self: Any, name: str, value: Any) -> None:
    cls = type(self)
    declared: Any = next((vars(base)[name] for base in cls.__mro__ if name in vars(base)), None)
    if hasattr(declared, "__set__"):
        declared.__set__(self, value)
    elif isinstance(declared, Property):
        if declared.fset is None:
            raise AttributeError(f"{cls.__name__}.{name} is read-only")
        declared.fset(self, value)
    elif name in _dropped:
        return
    elif (
        _is_python_class(cls)
        or (name.startswith("_") and hasattr(cls, name))
        or name == "__METAOBJECT__"
        or isinstance(value, SignalInstance)
    ):
        # The last two are PySide's own: it keeps slots and signals in the object.
        vars(self)[name] = value
    else:
        raise AttributeError(f"a {cls.__name__} has no property {name!r}; PythonQt allows no new attributes")


def make_properties_attributes(classes: Iterable[type]) -> None:
    """Give every Qt class PythonQt's attributes and PythonQt's refusal of others."""
    for cls in classes:
        _cpp_classes.add(cls)
        if issubclass(cls, QObject):
            _properties_of(cls)
        cls.__setattr__ = _strict_setattr  # type: ignore[assignment]
    QObject.name = property(lambda self: _read(self, "objectName"), QObject.setObjectName)  # type: ignore[attr-defined]
    QObject.className = lambda self: self.metaObject().className()  # type: ignore[attr-defined]
