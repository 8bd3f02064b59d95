"""Doubts about organs and scan: seen in the table, kept with the scene, up to date after edits."""

from dataclasses import replace

import numpy as np
import slicer

from ..segmentations import find_organ, run_facts, show_result
from ..statistics import put_table, rows_of_result, table_of
from .case import Case
from .phantom import load, phantom, true_result

ORGAN, NOTES = 2, 5  # columns of the table


class FlagTests(Case):
    """What the surgeon must know before using a number."""

    def test_organsAreMarkedWithWordsAndSentences(self):
        widget, node = self._shown()
        self.assertEqual("no doubts found", self._note(widget, "Liver").text())
        self.assertIn("not checked", self._note(widget, "Liver").toolTip())
        truncated = self._note(widget, "Esophagus")
        self.assertIn("truncated", truncated.text())
        remarks = self._remarks(node, "Esophagus")
        self.assertIn(".", remarks)
        self.assertEqual(remarks, truncated.toolTip())
        marks = {self._note(widget, name).icon().cacheKey() for name in ("Liver", "Esophagus")}
        self.assertEqual(2, len(marks))
        table = table_of(node).GetTable()
        names = [table.GetColumnName(n) for n in range(table.GetNumberOfColumns())]
        self.assertEqual(["Trust", "Flags", "Remarks"], names[-3:])

    def test_theWholeScanIsJudgedAboveTheTable(self):
        widget, node = self._shown()
        told = widget.ui.checksLabel.text
        self.assertIn("phase", told)
        for check in run_facts(node)["checks"]:
            self.assertIn(check["sentence"], told)
        widget.logic.getParameterNode().segmentation = None
        self.assertEqual("", widget.ui.checksLabel.text)

    def test_measureJudgesAfterEdits(self):
        widget, node = self._shown()
        liver = find_organ(node.GetSegmentation(), "liver")
        volume = slicer.util.getNode("Phantom")
        mask = slicer.util.arrayFromSegmentBinaryLabelmap(node, liver, volume)
        mask[: np.argwhere(mask)[:, 0].mean().astype(int)] = 0  # half of it is gone
        slicer.util.updateSegmentBinaryLabelmapFromArray(mask, node, liver, volume)
        self._press(widget.ui.measureButton)
        self.assertNotEqual("no doubts found", self._note(widget, "Liver").text())
        self.assertEqual("no doubts found", self._note(widget, "Spleen").text())

    def test_doubtsOfTheNetworkOutliveEditsOfOtherOrgans(self):
        widget, node = self._uncertain("liver", "spleen")
        self.assertIn("uncertain", self._note(widget, "Liver").text())
        spleen = find_organ(node.GetSegmentation(), "spleen")
        volume = slicer.util.getNode("Phantom")
        mask = slicer.util.arrayFromSegmentBinaryLabelmap(node, spleen, volume)
        mask[tuple(np.argwhere(mask)[0])] = 0  # one voxel
        slicer.util.updateSegmentBinaryLabelmapFromArray(mask, node, spleen, volume)
        self._press(widget.ui.measureButton)
        self.assertIn("uncertain", self._note(widget, "Liver").text())
        self.assertIn("network", self._note(widget, "Liver").toolTip())
        self.assertNotIn("uncertain", self._note(widget, "Spleen").text())
        self._press(widget.ui.measureButton)
        self.assertIn("uncertain", self._note(widget, "Liver").text())

    def test_segmentsOfTheUserAreNotJudged(self):
        widget, node = self._shown()
        self._addSegment(node)
        self._press(widget.ui.measureButton)
        self.assertEqual("", self._note(widget, "Mine").text())
        self.assertTrue(self._note(widget, "Mine").icon().isNull())

    def test_aCopyOfAnOrganIsTheUsers(self):
        widget, node = self._shown()
        segmentation = node.GetSegmentation()
        liver = find_organ(segmentation, "liver")
        segmentation.CopySegmentFromSegmentation(segmentation, liver, False)
        copy = segmentation.GetNthSegment(segmentation.GetNumberOfSegments() - 1)
        copy.SetName("My liver")
        self._press(widget.ui.measureButton)
        self.assertEqual("no doubts found", self._note(widget, "Liver").text())
        self.assertEqual("", self._note(widget, "My liver").text())

    def test_marksAndSentencesSurviveTheScene(self):
        widget, node = self._uncertain("liver")
        scene = slicer.mrmlScene
        scene.SetSaveToXMLString(True)
        scene.Commit()
        saved = scene.GetSceneXMLString()
        scene.SetSaveToXMLString(False)
        scene.Clear()
        scene.SetLoadFromXMLString(True)
        scene.SetSceneXMLString(saved)
        scene.Connect()
        scene.SetLoadFromXMLString(False)
        node = widget.logic.getParameterNode().segmentation
        self.assertIn("liver", run_facts(node)["remembered"])
        self.assertIn("phase", widget.ui.checksLabel.text)

    def _uncertain(self, *names):
        """The panel with a result of a network that was unsure of these organs."""
        volume = load(phantom()[0])
        widget, result = self._panel(), true_result(volume, phantom()[1])
        trust = [self._unsure(judged) if judged.name in names else judged for judged in result.trust]
        result = replace(result, trust=trust)
        node = show_result(result, volume)
        put_table(rows_of_result(result, node), node)
        widget.logic.getParameterNode().segmentation = node
        return widget, node

    def _unsure(self, judged):
        from OrganSegLib.quality.uncertainty import UNCERTAIN  # not at the top: it needs scipy

        return replace(judged, flags=(UNCERTAIN, *judged.flags), entropy=0.5, border_entropy=0.7)

    def _remarks(self, node, name):
        table = table_of(node).GetTable()
        names = [table.GetValueByName(n, "Segment").ToString() for n in range(table.GetNumberOfRows())]
        return table.GetValueByName(names.index(name), "Remarks").ToString()

    def _note(self, widget, name):
        return widget.ui.resultTable.item(self._row(widget, name), NOTES)
