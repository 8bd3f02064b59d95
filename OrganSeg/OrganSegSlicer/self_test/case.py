"""What the tests share: a fresh scene and logic for each, waiting, and words for what must hold."""

import time
import unittest

import numpy as np
import qt
import slicer
from OrganSegLib.errors import OrganSegError
from OrganSegLib.model import DEFAULT_MODEL, installed_models

from ..installation import missing_packages, requirements_of
from .phantom import load, phantom, segmented

WAIT_SECONDS = 60.0
NAME = 2  # column of the table of results


class Case:
    """Base of the tests; ``OrganSegTest`` adds unittest's methods."""

    Logic = None

    def setUp(self):
        slicer.mrmlScene.Clear()
        self.logic = self.Logic()

    def tearDown(self):
        self.logic.cleanup()

    def runAll(self):
        """Every test, one after the other, as the button Reload and Test wants it."""
        for name in sorted(name for name in dir(self) if name.startswith("test_")):
            self.setUp()
            try:
                getattr(self, name)()
            except unittest.SkipTest as reason:
                self.delayDisplay(f"{name}: skipped, {reason}")
            else:
                self.delayDisplay(f"{name}: passed")
            finally:
                self.tearDown()

    def _needModel(self):
        if DEFAULT_MODEL not in [model.plan.name for model in installed_models()]:
            self.skipTest(f"the model {DEFAULT_MODEL} is not installed")
        self._needPackages("segment")

    def _needPackages(self, *purposes):
        if missing := missing_packages(requirements_of(*purposes)):
            self.skipTest(f"not installed: {', '.join(map(str, missing))}")

    def _listed(self, widget):
        """The organs in the panel's checklist, hidden or not."""
        tree = widget.ui.organList
        headings = [tree.topLevelItem(n) for n in range(tree.topLevelItemCount)]
        return [heading.child(n) for heading in headings for n in range(heading.childCount())]

    def _waitFor(self, condition):
        end = time.monotonic() + WAIT_SECONDS
        while not condition():
            self.assertLess(time.monotonic(), end, "this takes too long")
            slicer.app.processEvents()
            time.sleep(0.01)

    def _assertGone(self, pid):
        import psutil

        gone = not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
        self.assertTrue(gone, "the process is still there")

    def _assertRefused(self, code, call, *arguments):
        with self.assertRaises(OrganSegError) as caught:
            call(*arguments)
        self.assertEqual(code, caught.exception.code)
        self.assertTrue(caught.exception.next_step)

    def _value(self, table, segment_id, column):
        ids = [table.GetCellText(n, 1) for n in range(table.GetNumberOfRows())]
        return table.GetTable().GetValueByName(ids.index(segment_id), column).ToDouble()

    def _ras(self, lps):
        return np.array(lps) * (-1, -1, 1)

    def _panel(self):
        """OrganSeg's panel, as the user finds it on opening the module."""
        widget = slicer.util.getModuleWidget("OrganSeg")
        widget.enter()
        return widget

    def _press(self, button):
        """Click a button with the mouse; as in life, nothing happens where it is disabled."""
        self._click(button, button.rect.center())

    def _click(self, widget, place):
        """A press and a release of the left mouse button on a widget, as Qt sees them."""
        place = qt.QPointF(place.x(), place.y())
        for kind in (qt.QEvent.MouseButtonPress, qt.QEvent.MouseButtonRelease):
            event = qt.QMouseEvent(kind, place, qt.Qt.LeftButton, qt.Qt.LeftButton, qt.Qt.NoModifier)
            qt.QApplication.sendEvent(widget, event)

    def _shown(self):
        """The panel with the phantom and its segmentation."""
        volume = load(phantom()[0])
        widget, node = self._panel(), segmented(volume)
        widget.logic.getParameterNode().segmentation = node
        return widget, node

    def _addSegment(self, node):
        """A segment of the user, as the Segment Editor makes it; returns its id."""
        mine = node.GetSegmentation().AddEmptySegment("mine", "Mine")
        mask = np.zeros(phantom()[0].voxels.shape, np.uint8)
        mask[10:20, 10:20, 10:20] = 1
        volume = slicer.util.getNode("Phantom")
        slicer.util.updateSegmentBinaryLabelmapFromArray(mask, node, mine, volume)
        return mine

    def _row(self, widget, name):
        table = widget.ui.resultTable
        return [table.item(row, NAME).text() for row in range(table.rowCount)].index(name)
