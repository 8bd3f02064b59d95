"""The panel's section *Distances*, driven by the mouse: what is measured, shown, followed and refused."""

import time

import numpy as np
import qt
import slicer
import vtk

from ..distances.nodes import lines_of, margins_of
from ..distances.section import PAUSE_MS
from ..distances.table import facts_of, is_outdated, table_of
from ..segmentations import find_organ
from .case import Case

LINE, ORGAN, DISTANCE = range(3)  # columns of the table
RADIUS_MM = 12.0


class DistanceTests(Case):
    """From a target to lines, margins and a table, and away again."""

    def test_aDrawnLesionIsMeasured(self):
        widget, node = self._withLesion()
        self._measure(widget)
        facts = facts_of(node)
        self.assertEqual("Lesion", facts["target"])
        liver = next(organ for organ in facts["organs"] if organ["name"] == "liver")
        self.assertEqual("overlapping", liver["status"])
        self.assertAlmostEqual(4 / 3 * np.pi * RADIUS_MM**3 / 1000, facts["target_ml"], delta=0.8)
        self.assertEqual("Liver", widget.ui.distanceTable.item(0, ORGAN).text())
        self.assertIn("overlaps", widget.ui.distanceTable.item(0, DISTANCE).text())
        self.assertIn("Lesion", widget.ui.distanceLabel.text)

    def test_linesLeadToTheNearestOrgans(self):
        widget, node = self._withLesion()
        self._measure(widget)
        lines = lines_of(node)
        apart = [organ for organ in facts_of(node)["organs"] if organ["status"] == "apart"]
        nearest = sorted(apart, key=lambda organ: organ["distance_mm"])[:3]
        self.assertEqual({organ["name"] for organ in nearest}, set(lines))
        for organ in nearest:
            line = lines[organ["name"]]
            self.assertAlmostEqual(organ["distance_mm"], line.GetMeasurement("length").GetValue(), places=2)
            ends = [np.array(line.GetNthControlPointPositionWorld(n)) for n in range(2)]
            self.assertLess(np.linalg.norm(ends[0] - self._centre), RADIUS_MM + 4)

    def test_checkBoxesChooseTheLines(self):
        widget, node = self._withLesion()
        self._measure(widget)
        table = widget.ui.distanceTable
        rows = [row for row in range(table.rowCount) if table.item(row, LINE).checkState() == qt.Qt.Checked]
        self.assertEqual(3, len(rows))
        for row in rows:
            table.item(row, LINE).setCheckState(qt.Qt.Unchecked)
        self.assertEqual({}, lines_of(node))
        table.item(table.rowCount - 1, LINE).setCheckState(qt.Qt.Checked)
        self.assertEqual(1, len(lines_of(node)))
        self._measure(widget)
        self.assertEqual(1, len(lines_of(node)))

    def test_marginsAreSegmentsOfTheirOwn(self):
        widget, node = self._withLesion()
        count = node.GetSegmentation().GetNumberOfSegments()
        widget.ui.secondMarginSpinBox.value = 20
        self._measure(widget)
        self.assertEqual(count, node.GetSegmentation().GetNumberOfSegments())
        margins = margins_of(node).GetSegmentation()
        names = [margins.GetNthSegment(n).GetName() for n in range(margins.GetNumberOfSegments())]
        self.assertEqual(["Margin 5 mm", "Margin 20 mm"], names)
        for segment_id, mm in (("margin_1", 5), ("margin_2", 20)):
            centre = margins_of(node).GetSegmentCenterRAS(segment_id)
            self.assertLess(np.linalg.norm(np.subtract(centre, self._centre)), 4)
            volume = slicer.util.getNode("Phantom")
            voxels = slicer.util.arrayFromSegmentBinaryLabelmap(margins_of(node), segment_id, volume)
            ml = np.count_nonzero(voxels) * np.prod(volume.GetSpacing()) / 1000
            wanted = 4 / 3 * np.pi * (RADIUS_MM + mm) ** 3 / 1000
            self.assertLess(abs(ml / wanted - 1), 0.15, mm)
        widget.ui.secondMarginSpinBox.value = 0
        self._measure(widget)
        self.assertEqual(1, margins.GetNumberOfSegments())

    def test_everythingStandsInOneFolderAndGoesAtOneClick(self):
        widget, node = self._withLesion()
        before = slicer.mrmlScene.GetNumberOfNodesByClass("vtkMRMLDisplayableNode")
        self._measure(widget)
        hierarchy = slicer.mrmlScene.GetSubjectHierarchyNode()
        folder = hierarchy.GetItemParent(hierarchy.GetItemByDataNode(table_of(node)))
        self.assertEqual("Distances to Lesion", hierarchy.GetItemName(folder))
        for shown in (margins_of(node), *lines_of(node).values()):
            self.assertEqual(folder, hierarchy.GetItemParent(hierarchy.GetItemByDataNode(shown)))
        self._press(widget.ui.removeDistancesButton)
        self.assertIsNone(table_of(node))
        self.assertEqual(before, slicer.mrmlScene.GetNumberOfNodesByClass("vtkMRMLDisplayableNode"))
        scene = hierarchy.GetSceneItemID()
        self.assertEqual(0, hierarchy.GetItemChildWithName(scene, "Distances to Lesion", True))
        self.assertEqual(0, widget.ui.distanceTable.rowCount)
        self.assertFalse(widget.ui.removeDistancesButton.enabled)

    def test_editsOfTheTargetAreFollowed(self):
        widget, node = self._withLesion()
        self._measure(widget)
        before = facts_of(node)["target_ml"]
        widget.exit()  # the user goes to the Segment Editor
        self._draw(self._lesions, "lesion", self._centre, 2 * RADIUS_MM)
        self.assertTrue(is_outdated(node))
        self._waitFor(lambda: not is_outdated(node))
        self.assertGreater(facts_of(node)["target_ml"], 6 * before)
        widget.enter()
        self.assertIn(f"{facts_of(node)['target_ml']:.1f} ml", widget.ui.distanceLabel.text)

    def test_editsOfOrgansAreFollowed(self):
        widget, node = self._withLesion()
        self._measure(widget)
        self.assertIn("spleen", [o["name"] for o in facts_of(node)["organs"] if o["status"] == "apart"])
        spleen = find_organ(node.GetSegmentation(), "spleen")
        self._draw(node, spleen, self._centre, RADIUS_MM)
        self._waitFor(lambda: not is_outdated(node))
        touched = next(organ for organ in facts_of(node)["organs"] if organ["name"] == "spleen")
        self.assertEqual("overlapping", touched["status"])

    def test_followingCanBeSwitchedOff(self):
        widget, node = self._withLesion()
        self._measure(widget)
        before = facts_of(node)
        self._press(widget.ui.followCheckBox)
        self._draw(self._lesions, "lesion", self._centre, 2 * RADIUS_MM)
        self._letTimePass()
        self.assertFalse(widget.logic.distances.busy)
        self.assertEqual(before, facts_of(node))
        self.assertIn("press Measure distances", widget.ui.distanceLabel.text)

    def test_aPointIsPlacedMeasuredAndFollowed(self):
        widget, node = self._shown()
        self._centre = self._liverCentre(node)
        self._press(widget.ui.placePointButton)
        point = widget.ui.targetSelector.currentNode()
        interaction = slicer.mrmlScene.GetNodeByID("vtkMRMLInteractionNodeSingleton")
        self.assertEqual(interaction.Place, interaction.GetCurrentInteractionMode())
        interaction.SetCurrentInteractionMode(interaction.ViewTransform)
        self._press(widget.ui.distanceButton)
        self.assertIn("no target", widget.ui.distanceLabel.text)
        point.AddControlPointWorld(vtk.vtkVector3d(*self._centre))
        self._measure(widget)
        self.assertEqual(0, facts_of(node)["target_ml"])
        liver = next(organ for organ in facts_of(node)["organs"] if organ["name"] == "liver")
        self.assertEqual("overlapping", liver["status"])
        spleen = node.GetSegmentCenterRAS(find_organ(node.GetSegmentation(), "spleen"))
        point.SetNthControlPointPositionWorld(0, spleen)
        self._waitFor(lambda: not is_outdated(node))
        liver = next(organ for organ in facts_of(node)["organs"] if organ["name"] == "liver")
        self.assertEqual("apart", liver["status"])

    def test_targetsUnderATransformAreMeasuredWhereTheyAre(self):
        widget, node = self._withLesion()
        self._measure(widget)
        moved = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
        matrix = vtk.vtkMatrix4x4()
        matrix.SetElement(0, 3, 250.0)  # out of the body, to the right
        moved.SetMatrixTransformToParent(matrix)
        self._lesions.SetAndObserveTransformNodeID(moved.GetID())
        self._waitFor(lambda: not widget.logic.distances.busy and "outside" in widget.ui.distanceLabel.text)
        matrix.SetElement(0, 3, 40.0)
        moved.SetMatrixTransformToParent(matrix)
        self._waitFor(lambda: not is_outdated(node))
        centre = margins_of(node).GetSegmentCenterRAS("margin_1")
        self.assertLess(np.linalg.norm(np.subtract(centre, self._centre) - (40, 0, 0)), 4)

    def test_aTargetOfAnotherGridIsMeasuredOnIt(self):
        widget, node = self._withLesion(spacing=2.5)
        self._measure(widget)
        self.assertAlmostEqual(4 / 3 * np.pi * RADIUS_MM**3 / 1000, facts_of(node)["target_ml"], delta=0.3)

    def test_anEmptyTargetIsTold(self):
        widget, _node = self._withLesion()
        self._lesions.GetSegmentation().AddEmptySegment("empty", "Empty")
        widget.ui.targetPartBox.setCurrentIndex(widget.ui.targetPartBox.findText("Empty"))
        self._press(widget.ui.distanceButton)
        self.assertIn("nothing in the target 'Empty'", widget.ui.distanceLabel.text)

    def test_deletedNodesAreTold(self):
        widget, node = self._withLesion()
        self._press(widget.ui.distanceButton)
        self.assertTrue(widget.logic.distances.busy)
        slicer.mrmlScene.RemoveNode(self._lesions)
        self.assertFalse(widget.logic.distances.busy)
        self.assertIn("closed while", widget.ui.distanceLabel.text)
        self.assertFalse(widget.ui.distanceButton.enabled)
        self.assertIsNone(facts_of(node))

    def test_closingTheSceneEndsFollowing(self):
        widget, _node = self._withLesion()
        self._measure(widget)
        self._draw(self._lesions, "lesion", self._centre, 2 * RADIUS_MM)
        slicer.mrmlScene.Clear()
        self._letTimePass()
        self.assertFalse(widget.logic.distances.busy)
        self.assertEqual(0, widget.ui.distanceTable.rowCount)
        self.assertEqual(0, slicer.mrmlScene.GetNumberOfNodesByClass("vtkMRMLMarkupsLineNode"))

    def test_clickOnADistanceGoesThere(self):
        widget, node = self._withLesion()
        self._measure(widget)
        view = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSliceNode")
        table = widget.ui.distanceTable
        item = table.item(0, ORGAN)
        self._click(table.viewport(), table.visualItemRect(item).center())
        origin = [view.GetSliceToRAS().GetElement(axis, 3) for axis in range(3)]
        organ = next(organ for organ in facts_of(node)["organs"] if organ["status"] == "overlapping")
        self.assertLess(np.abs(self._ras(organ["on_target"]) - origin).max(), 1e-3)

    def test_scriptsMeasureToo(self):
        _widget, node = self._withLesion()
        table = self.logic.measureDistances(node, (self._lesions, "lesion"), margins=[3])
        self.assertEqual("Distances to Lesion", table.GetName())
        self.assertIn("Outside 3 mm [%]", [table.GetColumnName(n) for n in range(table.GetNumberOfColumns())])
        self.logic.removeDistances(node)
        self.assertIsNone(table_of(node))
        self._assertRefused("input.no_target", self.logic.measureDistances, node, None)
        self._assertRefused("input.no_target", self.logic.measureDistances, node, (self._lesions, "gone"))
        self._assertRefused("input.no_organ", self.logic.measureDistances, self._lesions, self._lesions)

    def _withLesion(self, spacing=None):
        """The panel with a result, and a ball in the liver that the user drew and chose as the target."""
        self._needPackages("measure")
        widget, node = self._shown()
        self._centre = self._liverCentre(node)
        self._lesions = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", "Lesions")
        self._lesions.CreateDefaultDisplayNodes()
        self._lesions.GetSegmentation().AddEmptySegment("lesion", "Lesion")
        self._draw(self._lesions, "lesion", self._centre, RADIUS_MM, spacing)
        widget.ui.targetSelector.setCurrentNode(self._lesions)
        return widget, node

    def _liverCentre(self, node):
        return np.array(node.GetSegmentCenterRAS(find_organ(node.GetSegmentation(), "liver")))

    def _draw(self, node, segment_id, centre, radius_mm, spacing=None):
        """Make the segment a ball, as the Segment Editor does, on the phantom's grid or a finer one."""
        volume = slicer.util.getNode("Phantom")
        if spacing:
            size = int(3 * radius_mm / spacing)
            values, matrix = np.zeros((size,) * 3, np.int16), np.diag([spacing] * 3 + [1])
            matrix[:3, 3] = centre - 1.5 * radius_mm
            volume = slicer.util.addVolumeFromArray(values, slicer.util.vtkMatrixFromArray(matrix), "Fine")
        matrix = vtk.vtkMatrix4x4()
        volume.GetIJKToRASMatrix(matrix)
        shape = slicer.util.arrayFromVolume(volume).shape
        index = np.stack([*np.indices(shape)[::-1], np.ones(shape)], axis=-1)
        places = index @ slicer.util.arrayFromVTKMatrix(matrix).T
        ball = np.linalg.norm(places[..., :3] - centre, axis=-1) <= radius_mm
        slicer.util.updateSegmentBinaryLabelmapFromArray(ball.astype(np.uint8), node, segment_id, volume)

    def _measure(self, widget):
        self._press(widget.ui.distanceButton)
        self.assertTrue(widget.logic.distances.busy, widget.ui.distanceLabel.text)
        self._waitFor(lambda: not widget.logic.distances.busy)

    def _letTimePass(self):
        """Long enough for a change to be followed, if it were."""
        end = time.monotonic() + 2 * PAUSE_MS / 1000
        self._waitFor(lambda: time.monotonic() > end)
