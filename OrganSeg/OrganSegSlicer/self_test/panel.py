"""The panel's sections *Input* and *Run*, driven by the mouse."""

from unittest import mock

import numpy as np
import slicer

from .case import Case
from .phantom import load, phantom


class PanelTests(Case):
    """From choosing to the end of a run."""

    def test_reloadingEndsTheRun(self):
        widget = self._running()
        slicer.util.reloadScriptedModule("OrganSeg")
        self.assertFalse(widget.logic.busy)
        self._assertGone(self._pid)
        self.assertIsNot(widget, self._panel())

    def test_panelSaysWhatIsMissing(self):
        self._needModel()
        widget = self._panel()
        self.assertFalse(widget.ui.segmentButton.enabled)
        self.assertIn("volume", widget.ui.segmentButton.toolTip)
        self.assertEqual(widget.ui.segmentButton.toolTip, widget.ui.statusLabel.text)
        volume = load(phantom()[0])
        self.assertIs(volume, widget.ui.inputSelector.currentNode())
        self.assertTrue(widget.ui.segmentButton.enabled)
        self.assertEqual("", widget.ui.statusLabel.text)
        self._press(widget.ui.noneButton)
        self.assertFalse(widget.ui.segmentButton.enabled)
        self.assertIn("organ", widget.ui.segmentButton.toolTip)
        widget.ui.searchBox.text = "left kid"
        shown = [item.text(0) for item in self._listed(widget) if not item.isHidden()]
        self.assertEqual(["Kidney left"], shown)
        widget.ui.searchBox.text = ""
        self._press(widget.ui.vesselsButton)
        self.assertTrue(widget.ui.segmentButton.enabled)
        self.assertNotIn("aorta", widget.logic.getParameterNode().skippedOrgans)
        self.assertIn("liver", widget.logic.getParameterNode().skippedOrgans)
        self.assertFalse(widget.ui.show3DButton.enabled)

    def test_panelSegmentsAtAClick(self):
        self._needModel()
        load(phantom()[0])
        widget = self._panel()
        camera = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLCameraNode")
        with mock.patch.object(widget, "_tell", side_effect=widget._tell) as tell:
            self._press(widget.ui.abdomenButton)
            self._press(widget.ui.segmentButton)
            self.assertTrue(widget.logic.busy)
            self.assertFalse(widget.ui.segmentButton.enabled)
            self.assertTrue(widget.ui.cancelButton.enabled)
            self._waitFor(lambda: not widget.logic.busy)
        told = [call.args[0] for call in tell.call_args_list]
        node = widget.ui.segmentationSelector.currentNode()
        self.assertIsNotNone(node, told)
        self.assertTrue(any(" s left" in line for line in told), told)
        self.assertIn("organs found", told[-1])
        self.assertGreater(node.GetSegmentation().GetNumberOfSegments(), 3)
        self.assertGreater(widget.ui.resultTable.rowCount, 3)
        self.assertTrue(widget.ui.show3DButton.checked)
        bounds = np.zeros(6)
        node.GetRASBounds(bounds)
        middle = (bounds[::2] + bounds[1::2]) / 2
        self.assertLess(np.abs(np.subtract(camera.GetFocalPoint(), middle)).max(), 1)

    def test_panelCancels(self):
        widget = self._running()
        self._press(widget.ui.cancelButton)
        self.assertFalse(widget.logic.busy)
        self.assertTrue(widget.ui.segmentButton.enabled)
        self.assertIn("cancelled", widget.ui.statusLabel.text)
        self.assertIn("nothing to cancel", widget.ui.cancelButton.toolTip)

    def test_closingTheSceneIsTold(self):
        widget = self._running()
        slicer.mrmlScene.Clear()
        self._assertGoneIsTold(widget)

    def test_deletingTheVolumeIsTold(self):
        widget = self._running()
        slicer.mrmlScene.RemoveNode(widget.ui.inputSelector.currentNode())
        self._assertGoneIsTold(widget)
        self.assertIn("volume", widget.ui.segmentButton.toolTip)

    def test_anMrVolumeIsRefusedBeforeTheRun(self):
        volume = load(phantom()[0])
        hierarchy = slicer.mrmlScene.GetSubjectHierarchyNode()
        item = hierarchy.GetItemByDataNode(volume) or hierarchy.CreateItem(hierarchy.GetSceneItemID(), volume)
        hierarchy.SetItemAttribute(item, "DICOM.Modality", "MR")
        widget = self._panel()
        self.assertFalse(widget.ui.segmentButton.enabled)
        self.assertIn("MR", widget.ui.statusLabel.text)

    def test_onlyTheOneVolumeIsPreselected(self):
        hidden = slicer.vtkMRMLScalarVolumeNode()
        hidden.SetHideFromEditors(True)
        slicer.mrmlScene.AddNode(hidden)
        widget = self._panel()
        self.assertIsNone(widget.ui.inputSelector.currentNode())
        volume = load(phantom()[0])
        self.assertIs(volume, widget.ui.inputSelector.currentNode())

    def _running(self):
        """The panel with a run in flight."""
        self._needModel()
        load(phantom()[0])
        widget = self._panel()
        self._press(widget.ui.allButton)
        self._press(widget.ui.segmentButton)
        self._waitFor(lambda: widget.ui.progressBar.value > 0)
        self._pid = widget.logic.workerPid
        return widget

    def _assertGoneIsTold(self, widget):
        self.assertFalse(widget.logic.busy)
        self.assertIn("while OrganSeg was at work on it", widget.ui.statusLabel.text)
        self._assertGone(self._pid)
