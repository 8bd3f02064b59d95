"""The panel's section *Result*, driven by the mouse."""

import tempfile
from pathlib import Path
from unittest import mock

import numpy as np
import qt
import slicer

from .. import result_section
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

    def test_exportWritesAndReplaces(self):
        widget, _node = self._shown()
        confirm = mock.patch.object(slicer.util, "confirmOkCancelDisplay", side_effect=[False, True])
        with tempfile.TemporaryDirectory() as folder, self._choosing(folder), confirm as asked:
            self._press(widget.ui.exportButton)
            self.assertIn(folder, widget.ui.statusLabel.text)
            asked.assert_not_called()
            labels = Path(folder) / "segmentation.seg.nrrd"
            labels.write_bytes(b"")
            self._press(widget.ui.exportButton)
            self.assertEqual(0, labels.stat().st_size)
            self._press(widget.ui.exportButton)
            self.assertGreater(labels.stat().st_size, 0)
            self.assertEqual(2, asked.call_count)

    def test_exportWithoutAFolderDoesNothing(self):
        widget, _node = self._shown()
        before = widget.ui.statusLabel.text
        with self._choosing(""):
            self._press(widget.ui.exportButton)
        self.assertEqual(before, widget.ui.statusLabel.text)

    def test_withoutAResultTheButtonsSayWhy(self):
        widget = self._panel()
        for name in ("show3DButton", "measureButton", "segmentEditorButton", "exportButton"):
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

    def _shown(self):
        """The panel with the phantom and its segmentation."""
        volume = load(phantom()[0])
        widget, node = self._panel(), segmented(volume)
        widget.logic.getParameterNode().segmentation = node
        return widget, node

    def _choosing(self, folder):
        """The user answers the folder dialog, which would wait for ever."""
        return mock.patch.object(result_section, "choose_folder", return_value=folder)

    def _row(self, widget, name):
        table = widget.ui.resultTable
        return [table.item(row, ORGAN).text() for row in range(table.rowCount)].index(name)

    def _addSegment(self, node):
        """A segment of the user, as the Segment Editor makes it; returns its id."""
        mine = node.GetSegmentation().AddEmptySegment("mine", "Mine")
        mask = np.zeros(phantom()[0].voxels.shape, np.uint8)
        mask[10:20, 10:20, 10:20] = 1
        volume = slicer.util.getNode("Phantom")
        slicer.util.updateSegmentBinaryLabelmapFromArray(mask, node, mine, volume)
        return mine
