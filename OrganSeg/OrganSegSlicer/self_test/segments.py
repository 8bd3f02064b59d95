"""Organs as segments: in their places, with names, codes and colours, beside those of the user."""

import tempfile
from pathlib import Path

import numpy as np
import slicer
import vtk
from OrganSegLib.measure import measure
from OrganSegLib.volume import Grid

from ..segmentations import ORGAN, find_organ, segments, show_result, tag
from ..statistics import table_of
from .case import Case
from .phantom import load, phantom, segmented, true_result

TILTED = (0.96, 0.28, 0.0, -0.28, 0.96, 0.0, 0.0, 0.0, 1.0)


class SegmentTests(Case):
    """Where the organs of a run come to lie, and what they bring with them."""

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

    def test_aVolumeWithoutANameIsSegmented(self):
        volume = load(phantom()[0])
        volume.SetName(None)
        self.assertEqual("CT organs", segmented(volume).GetName())

    def test_aRunOnSomeOrgansKeepsTheOthers(self):
        scan, labelmap = phantom()
        volume = load(scan)
        node = segmented(volume)
        before = table_of(node).GetNumberOfRows()
        liver = {label: organ for label, organ in labelmap.organs.items() if organ.name == "liver"}
        only = type(labelmap)(
            np.where(labelmap.voxels == next(iter(liver)), labelmap.voxels, 0), scan.grid, liver
        )
        segmented(volume, only, node)
        self.assertEqual(before, table_of(node).GetNumberOfRows())

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

    def _assertSameVoxels(self, node, volume, labelmap, name):
        """The segment, exported onto the volume by Slicer itself, is the organ's voxels."""
        label = next(value for value, organ in labelmap.organs.items() if organ.name == name)
        segment_id = find_organ(node.GetSegmentation(), name)
        voxels = slicer.util.arrayFromSegmentBinaryLabelmap(node, segment_id, volume)
        self.assertTrue(np.array_equal(voxels > 0, labelmap.voxels == label))

    def _boxCentre(self, found):
        return self._ras(np.mean(found.bounds_mm, axis=0))

    def _ijkToRas(self, volume):
        matrix = vtk.vtkMatrix4x4()
        volume.GetIJKToRASMatrix(matrix)
        return np.array(slicer.util.arrayFromVTKMatrix(matrix))
