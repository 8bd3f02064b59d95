"""The table's numbers are those of Segment Statistics."""

import numpy as np
import slicer

from ..segmentations import segments, show_result
from ..statistics import put_table, rows_of_result
from .case import Case
from .phantom import load, phantom, true_result


class MeasurementTests(Case):
    """What is measured, against numpy and against Slicer."""

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
