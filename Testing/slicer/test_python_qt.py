"""Qt behaves as PythonQt in Slicer, where PySide6 would not."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture
def qt(slicer: Any) -> Any:  # noqa: ARG001  (qt is there once the application is)
    import qt

    return qt


def test_properties_are_attributes(qt: Any) -> None:
    button = qt.QPushButton("Segment")
    assert (button.text, button.enabled) == ("Segment", True)
    button.enabled = False
    assert not button.isEnabled()
    with pytest.raises(TypeError):
        button.text()


def test_a_property_that_cannot_be_written_says_so(qt: Any) -> None:
    with pytest.raises(AttributeError, match="read-only"):
        qt.QLabel().width = 3
    with pytest.raises(TypeError):
        qt.QSpinBox().value = "many"


@pytest.mark.parametrize("make", ["QPushButton", "QColor", "QTableWidgetItem", "QProcess"])
def test_cpp_objects_take_no_new_attributes(qt: Any, make: str) -> None:
    thing = getattr(qt, make)()
    with pytest.raises(AttributeError, match="no property 'organ'"):
        thing.organ = "liver"


def test_methods_cannot_be_replaced(qt: Any) -> None:
    with pytest.raises(AttributeError):
        qt.QLabel().setText = print


def test_python_classes_keep_attributes(qt: Any) -> None:
    class Label(qt.QLabel):
        pass

    label = Label("x")
    label.organ = "liver"
    assert label.organ == "liver"


def test_signals_are_connected_by_signature(qt: Any) -> None:
    button, heard = qt.QPushButton(), []
    assert button.connect("clicked(bool)", heard.append)
    button.click()
    assert heard == [False]
    assert button.disconnect("clicked(bool)", heard.append)
    button.click()
    assert heard == [False]


def test_a_slot_may_take_fewer_arguments(qt: Any) -> None:
    button, heard = qt.QPushButton(), []
    button.connect("clicked()", lambda: heard.append("clicked"))
    button.clicked.connect(lambda: heard.append("again"))
    button.click()
    assert heard == ["clicked", "again"]


@pytest.mark.parametrize("signature", ["clickd()", "clicked(int)", "clicked"])
def test_an_unknown_signal_raises(qt: Any, signature: str) -> None:
    with pytest.raises(ValueError, match="no signal"):
        qt.QPushButton().connect(signature, print)
    with pytest.raises(ValueError, match="no signal"):
        qt.QPushButton().disconnect(signature, print)


def test_enum_values_are_integers(qt: Any) -> None:
    assert qt.QProcess().state() == 0
    assert qt.QProcess.CrashExit == 1
    assert qt.QProcess.CrashExit != qt.QProcess.NormalExit
    assert int(qt.Qt.Checked) == 2
    assert {qt.Qt.Checked: "yes"}[2] == "yes"
    assert qt.Qt.ItemIsEnabled | qt.Qt.ItemIsSelectable == 33


@pytest.mark.parametrize("name", ["Signal", "Slot", "Property", "QtTest", "QTextCodec", "QRegExp"])
def test_what_slicer_lacks_is_not_there(qt: Any, name: str) -> None:
    assert not hasattr(qt, name)


def test_static_methods_stay(qt: Any, slicer: Any) -> None:
    called: list[int] = []
    qt.QTimer.singleShot(0, lambda: called.append(1))
    slicer.app.processEvents()
    assert called == [1]
