"""The panel's section *Result*, driven by the mouse."""

from unittest import mock

import numpy as np
import qt
import slicer

from ..segmentations import find_organ
from .case import Case
from .phantom import load, phantom, segmented

SHOW, ORGAN = 0, 2  # columns of the table


class ResultTests(Case):
    """The table and the buttons below it."""

    def test_tableAndSegmentationFollowEachOther(self):
        widget, node = self._shown()
        table, row = widget.ui.resultTable, self._row(widget, "Liver")
        display, liver = node.GetDisplayNode(), find_organ(node.GetSegmentation(), "liver")
        table.item(row, SHOW).setCheckState(qt.Qt.Unchecked)
        self.assertFalse(display.GetSegmentVisibility(liver))
        display.SetSegmentVisibility(liver, True)
        self.assertEqual(qt.Qt.Checked, table.item(row, SHOW).checkState())
        node.GetSegmentation().GetSegment(liver).SetName("Leber")
        self.assertEqual("Leber", table.item(row, ORGAN).text())
        node.GetSegmentation().RemoveSegment(liver)
        self.assertTrue(table.isRowHidden(row))

    def test_clickOnAnOrganCentresTheViews(self):
        widget, node = self._shown()
        view = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSliceNode")
        camera = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLCameraNode")
        table = widget.ui.resultTable
        item = table.item(self._row(widget, "Liver"), ORGAN)
        self._click(table.viewport(), table.visualItemRect(item).center())
        centre = node.GetSegmentCenterRAS(find_organ(node.GetSegmentation(), "liver"))
        origin = [view.GetSliceToRAS().GetElement(axis, 3) for axis in range(3)]
        self.assertLess(np.abs(np.subtract(origin, centre)).max(), 1e-3)
        self.assertLess(np.abs(np.subtract(camera.GetFocalPoint(), centre)).max(), 1e-3)

    def test_show3DHidesAndShowsSurfaces(self):
        widget, node = self._shown()
        self.assertTrue(widget.ui.show3DButton.checked)
        self._press(widget.ui.show3DButton)
        self.assertFalse(node.GetDisplayNode().GetVisibility3D())
        node.GetSegmentation().RemoveRepresentation("Closed surface")
        self._press(widget.ui.show3DButton)
        self.assertTrue(node.GetDisplayNode().GetVisibility3D())
        self.assertTrue(node.GetSegmentation().ContainsRepresentation("Closed surface"))
        node.GetDisplayNode().SetVisibility3D(False)  # elsewhere in Slicer
        self.assertFalse(widget.ui.show3DButton.checked)

    def test_measureBringsTheNumbersUpToDate(self):
        widget, node = self._shown()
        rows, mine = widget.ui.resultTable.rowCount, self._addSegment(node)
        self._press(widget.ui.measureButton)
        self.assertEqual(rows + 1, widget.ui.resultTable.rowCount)
        self._row(widget, node.GetSegmentation().GetSegment(mine).GetName())

    def test_editsInAnotherModuleAreTold(self):
        widget, node = self._shown()
        widget.exit()
        self._addSegment(node)
        widget.enter()
        self.assertIn("Measure", widget.ui.statusLabel.text)

    def test_segmentEditorOpensOnTheResult(self):
        widget, node = self._shown()
        with mock.patch.object(slicer.util, "selectModule") as select:  # there may be no main window
            self._press(widget.ui.segmentEditorButton)
        select.assert_called_once_with("SegmentEditor")
        editor = slicer.mrmlScene.GetSingletonNode("SegmentEditor", "vtkMRMLSegmentEditorNode")
        self.assertIs(node, editor.GetSegmentationNode())
        self.assertIs(widget.ui.inputSelector.currentNode(), editor.GetSourceVolumeNode())

    def test_withoutAResultTheButtonsSayWhy(self):
        widget = self._panel()
        for name in ("show3DButton", "measureButton", "segmentEditorButton", "reportButton"):
            self.assertFalse(getattr(widget.ui, name).enabled, name)
            self.assertIn("Segment", getattr(widget.ui, name).toolTip, name)

    def test_anotherVolumeGetsAResultOfItsOwn(self):
        widget, first = self._shown()
        parameters = widget.logic.getParameterNode()
        volume, other = parameters.inputVolume, load(phantom()[0], "Second")
        widget.ui.inputSelector.setCurrentNode(other)
        self.assertIsNone(parameters.segmentation)
        second = segmented(other)
        parameters.segmentation = second
        widget.ui.inputSelector.setCurrentNode(volume)
        self.assertIs(first, parameters.segmentation)
