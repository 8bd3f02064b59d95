"""OrganSeg's self-test, on the phantom: a computed CT whose organs are known exactly."""

import os
import signal
import tempfile
import time
import unittest
from functools import cache
from pathlib import Path

import numpy as np
import qt
import slicer
import vtk
from OrganSegLib.errors import OrganSegError
from OrganSegLib.measure import measure
from OrganSegLib.model import DEFAULT_MODEL, installed_models
from OrganSegLib.phantom import make_phantom
from OrganSegLib.pipeline import Segmentation
from OrganSegLib.surfaces import extract_surfaces
from OrganSegLib.volume import Grid

from .samples import CATEGORY, SAMPLES, register_samples
from .segmentations import ORGAN, find_organ, segments, show_result, tag
from .spaces import FLIP, vtk_matrix
from .statistics import put_table, rows_of_result
from .volumes import scan_of

SPACING_MM = (4.0, 4.0, 4.0)
TILTED = (0.96, 0.28, 0.0, -0.28, 0.96, 0.0, 0.0, 0.0, 1.0)
WAIT_SECONDS = 300.0
# Organs of the phantom that every model must find, and how far from the true volume it may be.
TOLERANCE = {"liver": 0.3, "lung_left": 0.3, "lung_right": 0.3, "spleen": 0.5}


@cache
def phantom(grid=None):
    """The same person each time; tests do not change it."""
    return make_phantom(seed=1, spacing_mm=SPACING_MM, region="torso", contrast="portal", grid=grid)


def load(scan, name="Phantom"):
    """The scan as a volume node."""
    matrix = vtk_matrix(FLIP @ scan.grid.affine)
    volume = slicer.util.addVolumeFromArray(scan.voxels, matrix, name)
    volume.CreateDefaultDisplayNodes()
    return volume


def true_result(volume, labelmap):
    """What a perfect network would find in the volume."""
    scan = scan_of(volume)
    labels = type(labelmap)(labelmap.voxels, scan.grid, labelmap.organs)
    surfaces = extract_surfaces(labels)
    return Segmentation(scan, labels, measure(scan, labels, surfaces), surfaces, {"notes": []})


class SelfTest:
    """Tests of the logic and of the panel; ``OrganSegTest`` runs them in Slicer."""

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

    def test_findsTheOrgansOfThePhantom(self):
        self._needModel()
        scan, labelmap = phantom()
        volume = load(scan)
        node = self.logic.segment(volume, organs=TOLERANCE)
        truth = {found.name: found for found in measure(scan, labelmap)}
        for name, tolerance in TOLERANCE.items():
            segment_id = find_organ(node.GetSegmentation(), name)
            self.assertTrue(segment_id, name)
            centre = np.array(node.GetSegmentCenterRAS(segment_id))
            self.assertLess(np.linalg.norm(centre - self._ras(truth[name].centroid_mm)), 40, name)
            volume_ml = self._value(self.logic.computeStatistics(node, volume), segment_id, "Volume [ml]")
            self.assertLess(abs(volume_ml / truth[name].volume_ml - 1), tolerance, name)

    def test_putsOrgansOfATransformedVolumeWhereTheyAre(self):
        scan, labelmap = phantom()
        volume = load(scan)
        parent = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
        moved = vtk.vtkTransform()
        moved.Translate(30, -20, 10)
        moved.RotateZ(25)
        parent.SetMatrixTransformToParent(moved.GetMatrix())
        volume.SetAndObserveTransformNodeID(parent.GetID())
        before = self._ijkToRas(volume)
        node = show_result(true_result(volume, labelmap), volume)
        self.assertTrue(np.array_equal(before, self._ijkToRas(volume)))
        self.assertIs(node.GetParentTransformNode(), parent)
        truth = {found.name: found for found in measure(scan, labelmap)}
        for name in ("liver", "spleen"):
            centre = node.GetSegmentCenterRAS(find_organ(node.GetSegmentation(), name))
            wanted = moved.TransformPoint(self._boxCentre(truth[name]))
            self.assertLess(np.linalg.norm(np.subtract(centre, wanted)), 25, name)
        self._assertSameVoxels(node, volume, labelmap, "liver")

    def test_putsOrgansOfAnObliqueVolumeWhereTheyAre(self):
        grid = Grid((90, 80, 60), (4.5, 4.5, 5.0), (-240.0, -120.0, -150.0), TILTED)
        scan, labelmap = phantom(grid)
        volume = load(scan)
        node = show_result(true_result(volume, labelmap), volume)
        self._assertSameVoxels(node, volume, labelmap, "liver")
        points = vtk.vtkPolyData()
        liver = find_organ(node.GetSegmentation(), "liver")
        node.GetClosedSurfaceRepresentation(liver, points)
        low, high = np.reshape(points.GetBounds(), (3, 2)).T
        truth = next(found for found in measure(scan, labelmap) if found.name == "liver")
        a, b = (self._ras(corner) for corner in truth.bounds_mm)
        self.assertLess(np.abs(low - np.minimum(a, b)).max(), 8)
        self.assertLess(np.abs(high - np.maximum(a, b)).max(), 8)

    def test_updatesItsSegmentsAndLeavesTheUsersAlone(self):
        scan, labelmap = phantom()
        volume = load(scan)
        node = show_result(true_result(volume, labelmap), volume)
        segmentation = node.GetSegmentation()
        own = segmentation.AddEmptySegment("mine", "liver")
        mask = np.zeros(scan.voxels.shape, np.uint8)
        mask[10:20, 10:20, 10:20] = 1
        slicer.util.updateSegmentBinaryLabelmapFromArray(mask, node, own, volume)
        liver = find_organ(segmentation, "liver")
        segmentation.GetSegment(liver).SetName("Leber")
        count = segmentation.GetNumberOfSegments()
        again = show_result(true_result(volume, labelmap), volume, node)
        self.assertIs(again, node)
        self.assertEqual(count, segmentation.GetNumberOfSegments())
        self.assertEqual("Leber", segmentation.GetSegment(liver).GetName())
        kept = slicer.util.arrayFromSegmentBinaryLabelmap(node, own, volume)
        self.assertTrue(np.array_equal(mask, kept))

    def test_segmentsHaveNamesCodesAndColours(self):
        scan, labelmap = phantom()
        volume = load(scan)
        node = show_result(true_result(volume, labelmap), volume)
        segment = node.GetSegmentation().GetSegment(find_organ(node.GetSegmentation(), "kidney_left"))
        self.assertEqual("Kidney left", segment.GetName())
        codes = tag(segment, segment.GetTerminologyEntryTagName())
        self.assertIn("SCT^64033007^Kidney", codes)
        self.assertIn("SCT^7771000^Left", codes)
        self.assertAlmostEqual(185 / 255, segment.GetColor()[0], places=4)

    def test_placesTheSegmentationBesideTheVolume(self):
        scan, labelmap = phantom()
        volume = load(scan)
        hierarchy = slicer.mrmlScene.GetSubjectHierarchyNode()
        study = hierarchy.CreateStudyItem(hierarchy.GetSceneItemID(), "Study")
        hierarchy.CreateItem(study, volume)
        node = show_result(true_result(volume, labelmap), volume)
        self.assertEqual(study, hierarchy.GetItemParent(hierarchy.GetItemByDataNode(node)))

    def test_statisticsAreThoseOfSegmentStatistics(self):
        scan, labelmap = phantom()
        volume = load(scan)
        result = true_result(volume, labelmap)
        node = show_result(result, volume)
        told = put_table(rows_of_result(result, node), node)
        rows = {told.GetCellText(n, 1): told.GetCellText(n, 2) for n in range(told.GetNumberOfRows())}
        table = self.logic.computeStatistics(node, volume)
        self.assertIs(told, table)
        for segment_id in segments(node):
            voxels = slicer.util.arrayFromSegmentBinaryLabelmap(node, segment_id, volume)
            values = slicer.util.arrayFromVolume(volume)[voxels > 0]
            self.assertEqual(len(values), self._value(table, segment_id, "Voxels"))
            volume_ml = len(values) * np.prod(volume.GetSpacing()) / 1000
            self.assertAlmostEqual(volume_ml, self._value(table, segment_id, "Volume [ml]"), places=6)
            self.assertAlmostEqual(volume_ml, float(rows[segment_id]), delta=0.001 * volume_ml)
            self.assertAlmostEqual(values.mean(), self._value(table, segment_id, "Mean [HU]"), places=4)
            sd = self._value(table, segment_id, "Standard deviation [HU]")
            self.assertAlmostEqual(values.std(ddof=1), sd, places=4)

    def test_statisticsAgreeWithSlicersOwnModule(self):
        try:
            from SegmentStatistics import SegmentStatisticsLogic
        except ImportError:
            self.skipTest("the module Segment Statistics is not there")
        scan, labelmap = phantom()
        volume = load(scan)
        node = show_result(true_result(volume, labelmap), volume)
        table = self.logic.computeStatistics(node, volume)
        theirs = SegmentStatisticsLogic()
        theirs.getParameterNode().SetParameter("Segmentation", node.GetID())
        theirs.getParameterNode().SetParameter("ScalarVolume", volume.GetID())
        theirs.computeStatistics()
        statistics = theirs.getStatistics()
        for segment_id in statistics["SegmentIDs"]:
            for column, key in (
                ("Voxels", "LabelmapSegmentStatisticsPlugin.voxel_count"),
                ("Volume [ml]", "LabelmapSegmentStatisticsPlugin.volume_cm3"),
                ("Mean [HU]", "ScalarVolumeSegmentStatisticsPlugin.mean"),
                ("Standard deviation [HU]", "ScalarVolumeSegmentStatisticsPlugin.stdev"),
            ):
                wanted = statistics[segment_id, key]
                self.assertAlmostEqual(wanted, self._value(table, segment_id, column), places=4, msg=key)

    def test_segmentsSurviveAFile(self):
        scan, labelmap = phantom()
        volume = load(scan)
        node = show_result(true_result(volume, labelmap), volume)
        names = sorted(segment.GetName() for segment in segments(node).values())
        with tempfile.TemporaryDirectory() as folder:
            path = str(Path(folder) / "Orgány é.seg.nrrd")
            self.assertTrue(slicer.util.saveNode(node, path))
            slicer.mrmlScene.Clear()
            read = slicer.util.loadSegmentation(path)
        self.assertEqual(names, sorted(segment.GetName() for segment in segments(read).values()))
        liver = read.GetSegmentation().GetSegment(find_organ(read.GetSegmentation(), "liver"))
        self.assertEqual("liver", tag(liver, ORGAN))

    def test_exportsTheFilesOfTheCommandLine(self):
        scan, labelmap = phantom()
        volume = load(scan)
        node = show_result(true_result(volume, labelmap), volume)
        with tempfile.TemporaryDirectory() as folder:
            files = self.logic.exportResults(node, volume, folder)
            self.assertIn("segmentation.seg.nrrd", [path.name for path in files])
            self.assertTrue((Path(folder) / "surfaces" / "liver.stl").is_file())
            self._assertRefused("output.exists", self.logic.exportResults, node, volume, folder)

    def test_refusesWhatIsNoCt(self):
        self._assertRefused("input.no_volume", self.logic.startSegmentation, None)
        empty = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode")
        self._assertRefused("input.no_volume", self.logic.startSegmentation, empty)
        mr = slicer.util.addVolumeFromArray(np.full((40, 40, 40), 300, np.int16))
        self._assertRefused("input.not_hu", self.logic.startSegmentation, mr)
        thin = slicer.util.addVolumeFromArray(np.zeros((1, 40, 40), np.int16))
        self._assertRefused("input.too_few_slices", self.logic.startSegmentation, thin)

    def test_slicerStaysResponsiveWhileTheChildWorks(self):
        self._needModel()
        ends, worked, longest = [], [], 0.0
        volume = load(phantom()[0])
        self.logic.startSegmentation(
            volume,
            organs=["liver"],
            progress=lambda _stage, fraction: worked.append(fraction),
            finished=ends.append,
            error=ends.append,
        )
        while not ends:
            # The processor time of this thread, since other programs may take the computer away.
            began = time.thread_time()
            slicer.app.processEvents()
            if not ends:
                longest = max(longest, time.thread_time() - began)
            time.sleep(0.005)
        self.assertGreater(len(worked), 3)
        self.assertNotIsInstance(ends[0], OrganSegError)
        self.assertLess(longest, 0.1)

    def test_cancelLeavesNothing(self):
        errors, pid = self._startAndWaitForProgress()
        began = time.monotonic()
        self.logic.cancel()
        self.assertLess(time.monotonic() - began, 1)
        self.assertEqual(["cancelled"], [error.code for error in errors])
        self._assertIdleWithout(pid)

    def test_aDyingChildIsTold(self):
        errors, pid = self._startAndWaitForProgress()
        os.kill(pid, getattr(signal, "SIGKILL", signal.SIGTERM))
        self._waitFor(lambda: errors)
        self.assertEqual(["worker.died"], [error.code for error in errors])
        self._assertIdleWithout(pid)

    def test_closingTheSceneEndsTheRun(self):
        errors, pid = self._startAndWaitForProgress()
        slicer.mrmlScene.Clear()
        self.assertEqual(["input.gone"], [error.code for error in errors])
        self._assertIdleWithout(pid)

    def test_choicesSurviveTheScene(self):
        chosen = self.logic.getParameterNode()
        chosen.device, chosen.keepWarm, chosen.skippedOrgans = "cpu", False, ["aorta", "heart"]
        scene = slicer.mrmlScene
        scene.SetSaveToXMLString(True)
        scene.Commit()
        saved = scene.GetSceneXMLString()
        scene.SetSaveToXMLString(False)
        scene.Clear()
        self.assertEqual("auto", self.logic.getParameterNode().device)
        scene.SetLoadFromXMLString(True)
        scene.SetSceneXMLString(saved)
        scene.Connect()
        scene.SetLoadFromXMLString(False)
        loaded = self.logic.getParameterNode()
        self.assertEqual("cpu", loaded.device)
        self.assertFalse(loaded.keepWarm)
        self.assertEqual(["aorta", "heart"], list(loaded.skippedOrgans))

    def test_samplesAreRegistered(self):
        register_samples()
        names = [source.sampleName for source in slicer.modules.sampleDataSources[CATEGORY]]
        self.assertLessEqual({sample[0] for sample in SAMPLES}, set(names))

    def test_reloadingEndsTheRun(self):
        self._needModel()
        load(phantom()[0])
        widget = self._panel()
        widget.ui.allButton.click()
        widget.ui.segmentButton.click()
        self._waitFor(lambda: widget.ui.progressBar.value > 0)
        pid = widget.logic.workerPid
        slicer.util.reloadScriptedModule("OrganSeg")
        self.assertFalse(widget.logic.busy)
        self._assertGone(pid)
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
        widget.ui.noneButton.click()
        self.assertFalse(widget.ui.segmentButton.enabled)
        self.assertIn("organ", widget.ui.segmentButton.toolTip)
        widget.ui.searchBox.text = "left kid"
        shown = [n for n in range(widget.ui.organList.count) if not widget.ui.organList.item(n).isHidden()]
        self.assertEqual(["Kidney left"], [widget.ui.organList.item(n).text() for n in shown])
        widget.ui.searchBox.text = ""
        widget.ui.vesselsButton.click()
        self.assertTrue(widget.ui.segmentButton.enabled)
        self.assertNotIn("aorta", widget.logic.getParameterNode().skippedOrgans)
        self.assertIn("liver", widget.logic.getParameterNode().skippedOrgans)
        self.assertFalse(widget.ui.show3DButton.enabled)

    def test_panelShowsAResult(self):
        scan, labelmap = phantom()
        volume = load(scan)
        widget = self._panel()
        node = show_result(true_result(volume, labelmap), volume)
        self.logic.computeStatistics(node, volume)
        widget.logic.getParameterNode().segmentation = node
        table = widget.ui.resultTable
        names = [table.item(row, 2).text() for row in range(table.rowCount)]
        row = names.index("Liver")
        liver = find_organ(node.GetSegmentation(), "liver")
        table.item(row, 0).setCheckState(qt.Qt.Unchecked)
        self.assertFalse(node.GetDisplayNode().GetSegmentVisibility(liver))
        node.GetDisplayNode().SetSegmentVisibility(liver, True)
        self.assertEqual(qt.Qt.Checked, table.item(row, 0).checkState())
        self.assertTrue(widget.ui.show3DButton.checked)
        widget.ui.show3DButton.click()
        self.assertFalse(node.GetDisplayNode().GetVisibility3D())
        widget.ui.measureButton.click()
        self.assertEqual(len(names), table.rowCount)

    def test_clickOnAnOrganCentresTheViews(self):
        scan, labelmap = phantom()
        volume = load(scan)
        widget = self._panel()
        node = show_result(true_result(volume, labelmap), volume)
        self.logic.computeStatistics(node, volume)
        widget.logic.getParameterNode().segmentation = node
        view = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSliceNode")
        camera = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLCameraNode")
        table = widget.ui.resultTable
        for row in range(table.rowCount):
            if table.item(row, 2).text() == "Liver":
                self._click(table, table.item(row, 2))
        centre = node.GetSegmentCenterRAS(find_organ(node.GetSegmentation(), "liver"))
        origin = [view.GetSliceToRAS().GetElement(axis, 3) for axis in range(3)]
        self.assertLess(np.abs(np.subtract(origin, centre)).max(), 1e-3)
        self.assertLess(np.abs(np.subtract(camera.GetFocalPoint(), centre)).max(), 1e-3)

    def test_panelSegmentsAtAClick(self):
        self._needModel()
        load(phantom()[0])
        widget = self._panel()
        widget.ui.abdomenButton.click()
        widget.ui.segmentButton.click()
        self.assertTrue(widget.logic.busy)
        self.assertFalse(widget.ui.segmentButton.enabled)
        self.assertTrue(widget.ui.cancelButton.enabled)
        self._waitFor(lambda: not widget.logic.busy)
        node = widget.ui.segmentationSelector.currentNode()
        self.assertIsNotNone(node, widget.ui.statusLabel.text)
        self.assertGreater(node.GetSegmentation().GetNumberOfSegments(), 3)
        self.assertGreater(widget.ui.resultTable.rowCount, 3)
        self.assertTrue(widget.ui.show3DButton.checked)

    def test_panelCancels(self):
        self._needModel()
        load(phantom()[0])
        widget = self._panel()
        widget.ui.allButton.click()
        widget.ui.segmentButton.click()
        self._waitFor(lambda: widget.ui.progressBar.value > 0)
        widget.ui.cancelButton.click()
        self.assertFalse(widget.logic.busy)
        self.assertTrue(widget.ui.segmentButton.enabled)
        self.assertIn("cancelled", widget.ui.statusLabel.text)

    def _panel(self):
        """OrganSeg's panel, as the user finds it on opening the module."""
        widget = slicer.util.getModuleWidget("OrganSeg")
        widget.enter()
        return widget

    def _click(self, table, item):
        """A press and a release of the left mouse button on an item, as Qt sees them."""
        centre = table.visualItemRect(item).center()
        place = qt.QPointF(centre.x(), centre.y())
        for kind in (qt.QEvent.MouseButtonPress, qt.QEvent.MouseButtonRelease):
            event = qt.QMouseEvent(kind, place, qt.Qt.LeftButton, qt.Qt.LeftButton, qt.Qt.NoModifier)
            qt.QApplication.sendEvent(table.viewport(), event)

    def _needModel(self):
        if DEFAULT_MODEL not in [model.plan.name for model in installed_models()]:
            self.skipTest(f"the model {DEFAULT_MODEL} is not installed")

    def _startAndWaitForProgress(self):
        """A run in flight: where its errors go, and the id of its process."""
        self._needModel()
        errors, fractions = [], []
        self.logic.startSegmentation(
            load(phantom()[0]),
            progress=lambda _stage, fraction: fractions.append(fraction),
            error=errors.append,
        )
        self._waitFor(lambda: fractions)
        return errors, self.logic.workerPid

    def _waitFor(self, condition):
        end = time.monotonic() + WAIT_SECONDS
        while not condition():
            self.assertLess(time.monotonic(), end, "this takes too long")
            slicer.app.processEvents()
            time.sleep(0.01)

    def _assertIdleWithout(self, pid):
        self.assertFalse(self.logic.busy)
        self.assertEqual(0, slicer.mrmlScene.GetNumberOfNodesByClass("vtkMRMLSegmentationNode"))
        self._assertGone(pid)

    def _assertGone(self, pid):
        import psutil

        gone = not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
        self.assertTrue(gone, "the process is still there")

    def _assertRefused(self, code, call, *arguments):
        with self.assertRaises(OrganSegError) as caught:
            call(*arguments)
        self.assertEqual(code, caught.exception.code)
        self.assertTrue(caught.exception.next_step)

    def _assertSameVoxels(self, node, volume, labelmap, name):
        """The segment, exported onto the volume by Slicer itself, is the organ's voxels."""
        label = next(value for value, organ in labelmap.organs.items() if organ.name == name)
        segment_id = find_organ(node.GetSegmentation(), name)
        voxels = slicer.util.arrayFromSegmentBinaryLabelmap(node, segment_id, volume)
        self.assertTrue(np.array_equal(voxels > 0, labelmap.voxels == label))

    def _value(self, table, segment_id, column):
        ids = [table.GetCellText(n, 1) for n in range(table.GetNumberOfRows())]
        return table.GetTable().GetValueByName(ids.index(segment_id), column).ToDouble()

    def _boxCentre(self, found):
        return self._ras(np.mean(found.bounds_mm, axis=0))

    def _ras(self, lps):
        return np.array(lps) * (-1, -1, 1)

    def _ijkToRas(self, volume):
        matrix = vtk.vtkMatrix4x4()
        volume.GetIJKToRASMatrix(matrix)
        return np.array(slicer.util.arrayFromVTKMatrix(matrix))
