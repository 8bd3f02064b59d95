"""Somebody who uses the dialog of models with the mouse."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

WAIT_SECONDS = 120.0


class User:
    """Clicks in the dialog, and answers what it asks.

    Attributes:
        agrees: to licences and removals.
        files: chosen in the dialog for files; a folder where there is none.
        asked: the questions.
    """

    def __init__(self, slicer: Any, panel: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        from OrganSegSlicer import models_dialog

        self._slicer, self.panel = slicer, panel
        self.agrees, self.files, self.asked = True, list[str](), list[str]()
        monkeypatch.setattr(slicer.util, "confirmOkCancelDisplay", self._answer)
        monkeypatch.setattr(models_dialog, "choose_files", lambda *_: self.files)
        monkeypatch.setattr(models_dialog, "choose_folder", lambda *_: self.files[0] if self.files else "")
        self.click(panel.ui.modelsButton)
        self.ui = panel.models.dialog.ui
        self.wait()

    def _answer(self, question: str, *_: object) -> bool:
        self.asked.append(question)
        return self.agrees

    def click(self, button: Any) -> None:
        import qt
        from PySide6.QtTest import QTest

        QTest.mouseClick(button, qt.Qt.LeftButton)

    def wait(self) -> None:
        """Until nothing is under way."""
        self.wait_until(lambda: not self.panel.logic.models.busy)

    def wait_until(self, condition: Callable[[], bool]) -> None:
        end = time.monotonic() + WAIT_SECONDS
        while not condition():
            assert time.monotonic() < end
            self._slicer.app.processEvents()
            time.sleep(0.01)

    def do(self, button: Any) -> str:
        """Click, wait, and what the dialog says."""
        self.click(button)
        self.wait()
        return str(self.ui.statusLabel.text)

    def choose(self, title: str) -> None:
        """Click the row of a model."""
        import qt
        from PySide6.QtTest import QTest

        table = self.ui.modelTable
        item = table.item(self.titles().index(title), 0)
        table.scrollToItem(item)
        place = table.visualItemRect(item).center()
        QTest.mouseClick(table.viewport(), qt.Qt.LeftButton, qt.Qt.NoModifier, place)

    def titles(self) -> list[str]:
        table = self.ui.modelTable
        return [table.item(row, 0).text() for row in range(table.rowCount)]

    def organs(self) -> list[str]:
        """What the panel offers to segment."""
        tree = self.panel.ui.organList
        groups = [tree.topLevelItem(n) for n in range(tree.topLevelItemCount)]
        return [group.child(n).text(0) for group in groups for n in range(group.childCount())]

    def installed(self) -> list[str]:
        box = self.panel.ui.modelSelector
        return [box.itemText(n) for n in range(box.count)]
