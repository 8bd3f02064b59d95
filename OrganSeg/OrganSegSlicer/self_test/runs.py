"""Runs of the child: a result, and every way in which there is none."""

import gc
import os
import signal
import time
import weakref

import numpy as np
import slicer
from OrganSegLib.errors import OrganSegError
from OrganSegLib.measure import measure

from ..segmentations import find_organ
from .case import Case
from .phantom import load, phantom

# Organs of the phantom that every model must find, and how far from the true volume it may be.
TOLERANCE = {"liver": 0.3, "lung_left": 0.3, "lung_right": 0.3, "spleen": 0.5}


class RunTests(Case):
    """The logic without a panel."""

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

    def test_aForgottenLogicIsNotKeptByTheScene(self):
        forgotten = weakref.ref(self.Logic())
        gc.collect()
        self.assertIsNone(forgotten())

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

    def _assertIdleWithout(self, pid):
        self.assertFalse(self.logic.busy)
        self.assertEqual(0, slicer.mrmlScene.GetNumberOfNodesByClass("vtkMRMLSegmentationNode"))
        self._assertGone(pid)
