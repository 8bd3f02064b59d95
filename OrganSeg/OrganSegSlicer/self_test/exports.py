"""Report, page, files and scene, made by pressing their buttons and read again."""

import tempfile
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

import qt
import slicer

from .. import export_section
from ..segmentations import find_organ, run_facts
from .case import Case


class ExportTests(Case):
    """What the user takes away."""

    def test_exportsTheFilesOfTheCommandLine(self):
        self._needPackages("measure", "export")
        _widget, node = self._shown()
        volume = slicer.util.getNode("Phantom")
        with tempfile.TemporaryDirectory() as folder:
            files = self.logic.exportResults(node, volume, folder)
            self.assertIn("segmentation.seg.nrrd", [path.name for path in files])
            self.assertTrue((Path(folder) / "surfaces" / "liver.stl").is_file())
            self.assertTrue((Path(folder) / "overview.png").is_file())
            self._assertRefused("output.exists", self.logic.exportResults, node, volume, folder)

    def test_exportWritesAndReplaces(self):
        self._needPackages("measure", "export")
        widget, _node = self._shown()
        confirm = mock.patch.object(slicer.util, "confirmOkCancelDisplay", side_effect=[False, True])
        with self._choosingAFolder() as folder, confirm as asked:
            self._export(widget, widget.ui.exportButton)
            self.assertIn(str(folder), widget.ui.statusLabel.text)
            asked.assert_not_called()
            labels = folder / "segmentation.seg.nrrd"
            labels.write_bytes(b"")
            self._press(widget.ui.exportButton)
            self.assertFalse(widget.logic.busy)
            self.assertEqual(0, labels.stat().st_size)
            self._export(widget, widget.ui.exportButton)
            self.assertGreater(labels.stat().st_size, 0)
            self.assertEqual(2, asked.call_count)

    def test_exportWithoutAFolderDoesNothing(self):
        widget, _node = self._shown()
        before = widget.ui.statusLabel.text
        with mock.patch.object(export_section, "choose_folder", return_value=""):
            self._press(widget.ui.exportButton)
        self.assertFalse(widget.logic.busy)
        self.assertEqual(before, widget.ui.statusLabel.text)

    def test_furtherFormatsAreChosenFromTheList(self):
        self._needPackages("measure", "export")
        widget, _node = self._shown()
        items = [widget.ui.formatList.item(n) for n in range(widget.ui.formatList.count)]
        chosen = next(item for item in items if "PLY" in item.text())
        chosen.setCheckState(qt.Qt.Checked)
        self.assertEqual(["ply"], list(widget.logic.getParameterNode().formats))
        with self._choosingAFolder() as folder:
            self._export(widget, widget.ui.exportButton)
            self.assertTrue(list((folder / "ply").glob("*.ply")))

    def test_aReportIsMadeAndOpened(self):
        self._needPackages("measure", "export", "report")
        from OrganSegLib.proximity import read_proximity
        from OrganSegLib.results import load_results

        widget, node = self._shown()
        centre = node.GetSegmentCenterRAS(find_organ(node.GetSegmentation(), "liver"))
        point = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLMarkupsFiducialNode")
        point.AddControlPointWorld(*centre)
        self.logic.measureDistances(node, point)
        with self._choosingAFolder() as folder, self._browser() as opened:
            self._export(widget, widget.ui.reportButton)
            opened.assert_called_once_with(folder / "report.html")
            page = (folder / "report.html").read_text(encoding="utf-8")
            self.assertIn("not a medical device", page)
            self.assertEqual(b"%PDF", (folder / "report.pdf").read_bytes()[:4])
            self.assertEqual(point.GetNthControlPointLabel(0), read_proximity(folder).target)
            again = load_results(folder)
            self.assertEqual(
                again.scan.voxels.shape, slicer.util.arrayFromVolume(slicer.util.getNode("Phantom")).shape
            )

    def test_outdatedDistancesAreLeftOut(self):
        self._needPackages("measure", "export")
        widget, node = self._shown()
        centre = node.GetSegmentCenterRAS(find_organ(node.GetSegmentation(), "liver"))
        point = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLMarkupsFiducialNode")
        point.AddControlPointWorld(*centre)
        self.logic.measureDistances(node, point)
        parameters = widget.logic.getParameterNode()
        parameters.followTarget = False
        parameters.target = point
        point.SetNthControlPointPositionWorld(0, 0, 0, 0)
        with self._choosingAFolder() as folder:
            self._export(widget, widget.ui.exportButton)
            self.assertFalse((folder / "proximity.json").exists())
        self.assertIn("Distances are left out", widget.ui.statusLabel.text)

    def test_anExportEndsWhileAnotherModuleIsOpen(self):
        self._needPackages("measure", "export")
        widget, _node = self._shown()
        with self._choosingAFolder() as folder:
            self._press(widget.ui.exportButton)
            widget.exit()
            self._waitFor(lambda: not widget.logic.busy)
            self.assertTrue((folder / "labels.json").is_file())
        self.assertIn("Exported", widget.ui.statusLabel.text)

    def test_aPageIsMadeAndOpened(self):
        self._needPackages("measure", "export", "page")
        widget, _node = self._shown()
        with self._choosingAFolder() as folder, self._browser() as opened:
            self._export(widget, widget.ui.pageButton)
            opened.assert_called_once_with(folder / "organs.html")
            self.assertIn("Liver", (folder / "organs.html").read_text(encoding="utf-8"))

    def test_anExportIsCancelled(self):
        self._needPackages("measure", "export")
        widget, _node = self._shown()
        with self._choosingAFolder() as folder:
            self._press(widget.ui.exportButton)
            self.assertTrue(widget.logic.busy)
            self.assertFalse(widget.ui.segmentButton.enabled)
            self._waitFor(lambda: list(folder.iterdir()))
            self._press(widget.ui.cancelButton)
            self.assertFalse(widget.logic.busy)
            self.assertEqual([], list(folder.iterdir()))
        self.assertIn("cancelled", widget.ui.statusLabel.text)

    def test_theSceneIsSavedAndComesBack(self):
        self._needPackages("measure")
        widget, node = self._shown()
        centre = node.GetSegmentCenterRAS(find_organ(node.GetSegmentation(), "liver"))
        point = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLMarkupsFiducialNode", "Point")
        point.AddControlPointWorld(*centre)
        parameters = widget.logic.getParameterNode()
        parameters.target = point
        self.logic.measureDistances(node, point)
        rows, checks = widget.ui.resultTable.rowCount, run_facts(node)["checks"]
        with tempfile.TemporaryDirectory() as folder:
            path = str(Path(folder) / "Scéna")
            with mock.patch.object(export_section, "choose_scene_file", return_value=path):
                self._press(widget.ui.saveSceneButton)
            self.assertIn(f"{path}.mrb", widget.ui.statusLabel.text)
            slicer.mrmlScene.Clear()
            self.assertEqual(0, widget.ui.distanceTable.rowCount)
            slicer.util.loadScene(f"{path}.mrb")
            slicer.app.processEvents()
        node = widget.logic.getParameterNode().segmentation
        self.assertEqual(checks, run_facts(node)["checks"])
        self.assertEqual(rows, widget.ui.resultTable.rowCount)
        self.assertGreater(widget.ui.distanceTable.rowCount, 3)
        self.assertEqual("Point", widget.ui.targetSelector.currentNode().GetName())
        self._press(widget.ui.removeDistancesButton)
        self.assertEqual(0, slicer.mrmlScene.GetNumberOfNodesByClass("vtkMRMLMarkupsLineNode"))

    def test_aSceneThatCannotBeSavedIsTold(self):
        widget, _node = self._shown()
        choice = mock.patch.object(export_section, "choose_scene_file", return_value="scene.mrb")
        with choice, mock.patch.object(slicer.util, "saveScene", return_value=False):
            self._press(widget.ui.saveSceneButton)
        self.assertIn("could not be saved", widget.ui.statusLabel.text)

    def _export(self, widget, button):
        """Press, and wait until the files are there."""
        self._press(button)
        self.assertTrue(widget.logic.busy, widget.ui.statusLabel.text)
        self._waitFor(lambda: not widget.logic.busy)

    @contextmanager
    def _choosingAFolder(self):
        """The user answers the folder dialog, which would wait for ever, with a fresh folder."""
        with tempfile.TemporaryDirectory() as folder:
            chosen = Path(folder) / "Výsledky é"
            chosen.mkdir()
            with mock.patch.object(export_section, "choose_folder", return_value=str(chosen)):
                yield chosen

    def _browser(self):
        """Nobody sees a browser in a test."""
        return mock.patch.object(export_section, "open_page")
