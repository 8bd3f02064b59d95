"""CTK's variants of Qt's input widgets."""

from __future__ import annotations

from PySide6.QtCore import Property, Qt, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QDoubleSpinBox, QHBoxLayout, QLineEdit, QSlider, QWidget

from ..python_qt.properties import stands_for_cpp

_STEPS = 1000


@stands_for_cpp
class ctkCheckBox(QCheckBox):  # noqa: N801  (CTK's names)
    """A check box."""


@stands_for_cpp
class ctkComboBox(QComboBox):  # noqa: N801
    """A combo box whose text is shortened when it does not fit."""


@stands_for_cpp
class ctkSearchBox(QLineEdit):  # noqa: N801
    """A line edit to search with."""

    _shows_icon = True

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setClearButtonEnabled(True)

    def _get_shows_icon(self) -> bool:
        return self._shows_icon

    def setShowSearchIcon(self, shown: bool) -> None:
        self._shows_icon = shown

    showSearchIcon = Property(bool, _get_shows_icon, setShowSearchIcon)


def _of_the_spin_box(name: str, kind: type) -> Property:
    def write(self: "ctkSliderWidget", value: object) -> None:
        setattr(self._spin, name, value)
        self._place_slider()

    return Property(kind, lambda self: getattr(self._spin, name), write)


@stands_for_cpp
class ctkSliderWidget(QWidget):  # noqa: N801
    """A slider and a spin box that show one number."""

    valueChanged = Signal(float)
    value = _of_the_spin_box("value", float)
    minimum = _of_the_spin_box("minimum", float)
    maximum = _of_the_spin_box("maximum", float)
    singleStep = _of_the_spin_box("singleStep", float)
    decimals = _of_the_spin_box("decimals", int)
    prefix = _of_the_spin_box("prefix", str)
    suffix = _of_the_spin_box("suffix", str)
    _spin: QDoubleSpinBox | None = None
    _slider: QSlider | None = None

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._spin, self._slider = QDoubleSpinBox(self), QSlider(Qt.Orientation.Horizontal, self)
        self._slider.setRange(0, _STEPS)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._slider, 1)
        row.addWidget(self._spin)
        self._spin.setKeyboardTracking(False)
        self._spin.valueChanged.connect(self._number_changed)
        self._slider.sliderMoved.connect(self._slider_moved)

    def _number_changed(self, value: float) -> None:
        self._place_slider()
        self.valueChanged.emit(value)

    def _place_slider(self) -> None:
        width = self._spin.maximum - self._spin.minimum
        self._slider.setValue(round(_STEPS * (self._spin.value - self._spin.minimum) / width) if width else 0)

    def _slider_moved(self, step: int) -> None:
        low, high = self._spin.minimum, self._spin.maximum
        self._spin.setValue(low + (high - low) * step / _STEPS)
