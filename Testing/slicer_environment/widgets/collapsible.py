"""``ctkCollapsibleButton``: a section of a panel that opens and closes under its title."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Property, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QShowEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QStyle,
    QStyleOption,
    QStyleOptionFrame,
    QWidget,
)

from ..python_qt.properties import stands_for_cpp

_MARGIN = 6


def _attributes(widget: QWidget) -> Any:
    """The widget, whose properties are attributes here, which PySide's type hints do not know."""
    return widget


@stands_for_cpp
class ctkCollapsibleButton(QAbstractButton):
    """A title with an arrow; a click hides or shows the child widgets."""

    contentsCollapsed = Signal(bool)
    _hidden_by_us: tuple[QWidget, ...] = ()

    def __init__(self, *arguments: object) -> None:
        text, parent = "", None
        for argument in arguments:
            if isinstance(argument, str):
                text = argument
            else:
                parent = argument
        super().__init__(parent)  # type: ignore[arg-type]
        self.setText(text)
        self.setCheckable(True)
        self.setChecked(True)
        self.setContentsMargins(0, self._title_height(), 0, 0)
        self.toggled.connect(self._open)

    def _title_height(self) -> int:
        return self.fontMetrics().height() + 2 * _MARGIN

    def _contents(self) -> tuple[QWidget, ...]:
        return tuple(self.findChildren(QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly))

    def _open(self, opened: bool) -> None:
        if opened:
            for widget in self._hidden_by_us:
                widget.setVisible(True)
            self._hidden_by_us = ()
        else:
            self._hidden_by_us = tuple(widget for widget in self._contents() if not widget.isHidden())
            for widget in self._hidden_by_us:
                widget.setVisible(False)
        self.setMaximumHeight(16777215 if opened else self._title_height())
        self.updateGeometry()
        self.contentsCollapsed.emit(not opened)

    def showEvent(self, event: QShowEvent) -> None:
        # A file may say "collapsed" before its children exist.
        if not self.isChecked() and not self._hidden_by_us:
            self._open(False)
        super().showEvent(event)

    def _collapsed(self) -> bool:
        return not self.isChecked()

    def setCollapsed(self, collapsed: bool) -> None:
        self.setChecked(not collapsed)

    collapsed = Property(bool, _collapsed, setCollapsed)

    def hitButton(self, position: QPoint) -> bool:
        return position.y() < self._title_height()

    def sizeHint(self) -> QSize:
        title = QSize(self.fontMetrics().horizontalAdvance(_attributes(self).text), self._title_height())
        title += QSize(4 * _MARGIN, 0)
        layout = self.layout()
        return layout.totalSizeHint().expandedTo(title) if layout and self.isChecked() else title

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, style, this = QPainter(self), self.style(), _attributes(self)
        height = self._title_height()
        frame = QStyleOptionFrame()
        frame.initFrom(self)
        frame.rect = QRect(0, height // 2, this.width, this.height - height // 2)
        frame.lineWidth = 1
        if self.isChecked():
            style.drawPrimitive(QStyle.PrimitiveElement.PE_FrameGroupBox, frame, painter, self)
        title = QRect(0, 0, this.width, height)
        painter.fillRect(title, this.palette.button())
        arrow = QStyleOption()
        arrow.initFrom(self)
        arrow.rect = QRect(_MARGIN, (height - 10) // 2, 10, 10)
        kind = QStyle.PrimitiveElement
        pointing = kind.PE_IndicatorArrowDown if self.isChecked() else kind.PE_IndicatorArrowRight
        style.drawPrimitive(pointing, arrow, painter, self)
        text = title.adjusted(3 * _MARGIN + 4, 0, 0, 0)
        flags = int(Qt.AlignmentFlag.AlignVCenter) | int(Qt.AlignmentFlag.AlignLeft)
        style.drawItemText(painter, text, flags, this.palette, this.enabled, this.text)
