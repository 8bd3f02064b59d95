"""Models of others, driven by the mouse: imported, chosen, run, checked and removed."""

import os
import subprocess
import tempfile
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from unittest import mock

import slicer
from OrganSegLib.model import DEFAULT_MODEL
from OrganSegLib.resources import models_dir

from .. import models_dialog
from ..segmentations import segments
from ..worker_process import python_executable
from . import foreign
from .case import Case
from .phantom import load, phantom


class ModelTests(Case):
    """The dialog behind the button *Models...*, and the panel with what it installs."""

    def test_anNnUNetModelIsImportedAndRun(self):
        self._importRunAndRemove(foreign.NNUNET, "tiny", ["Kidney left", "Liver", "Lump"])

    def test_aMonaiBundleIsImportedAndRun(self):
        self._importRunAndRemove(foreign.BUNDLE, "tiny-bundle", ["Kidney right", "Spleen"])

    def test_nothingIsInstalledUnlessTheLicenceIsAccepted(self):
        with self._models() as (widget, ui):
            self._chooseRow(ui, "TotalSegmentator, 3 mm")
            self.assertIn("Apache-2.0", ui.detailsText.toPlainText())
            with self._answering(False) as asked:
                self._press(ui.installButton)
            self.assertIn("Apache-2.0", asked.call_args.args[0])
            self.assertFalse(widget.logic.models.busy)
            self.assertIn("not accepted", ui.statusLabel.text)

    def _importRunAndRemove(self, kind, name, organs):
        with self._models() as (widget, ui):
            builtIn = self._organs(widget)
            folder = str(Path(_foreign_models()) / kind)
            with mock.patch.object(models_dialog, "choose_folder", return_value=folder):
                self._press(ui.importFolderButton)
            self.assertTrue(ui.cancelButton.enabled)
            self._waitForModels(widget)
            self.assertEqual(name, widget.ui.modelSelector.currentText, ui.statusLabel.text)
            self.assertEqual(organs, self._organs(widget))
            self._run(widget, organs)
            widget.ui.modelSelector.setCurrentText(DEFAULT_MODEL)
            self.assertEqual(builtIn, self._organs(widget))
            widget.ui.modelSelector.setCurrentText(name)
            self._press(ui.verifyButton)
            self._waitForModels(widget)
            self.assertIn("whole", ui.statusLabel.text)
            with self._answering(True):
                self._press(ui.removeButton)
            self._waitForModels(widget)
            self.assertEqual([], list(models_dir().iterdir()))
            self.assertEqual(DEFAULT_MODEL, widget.logic.getParameterNode().model)
            self.assertEqual(builtIn, self._organs(widget))

    def _run(self, widget, organs):
        """Segment the phantom, twice: the second time in the worker that is warm."""
        load(phantom()[0])
        for _ in range(2):
            self._press(widget.ui.segmentButton)
            self._waitFor(lambda: not widget.logic.busy)
        node = widget.ui.segmentationSelector.currentNode()
        self.assertIsNotNone(node, widget.ui.statusLabel.text)
        found = sorted(segment.GetName() for segment in segments(node).values())
        self.assertEqual(organs, found, widget.ui.statusLabel.text)

    @contextmanager
    def _models(self):
        """The panel and the dialog's widgets, with a folder for models that is empty."""
        self._needModel()
        widget = self._panel()
        widget.logic.cleanup()  # a worker that is there already looks into the user's folder
        with tempfile.TemporaryDirectory() as folder:
            own = {f"ORGANSEG_{what}": str(Path(folder) / f"{what} é") for what in ("MODELS", "CACHE")}
            try:
                with mock.patch.dict(os.environ, own):
                    self._press(widget.ui.modelsButton)
                    self._waitForModels(widget)
                    yield widget, widget.models.dialog.ui
            finally:
                widget.logic.cleanup()
                widget.models.close()
                widget.models.fill()

    def _waitForModels(self, widget):
        self._waitFor(lambda: not widget.logic.models.busy)

    def _chooseRow(self, ui, title):
        rows = [row for row in range(ui.modelTable.rowCount) if ui.modelTable.item(row, 0).text() == title]
        self.assertEqual(1, len(rows), title)
        item = ui.modelTable.item(rows[0], 0)
        ui.modelTable.scrollToItem(item)
        self._click(ui.modelTable.viewport(), ui.modelTable.visualItemRect(item).center())

    def _organs(self, widget):
        return sorted(item.text(0) for item in self._listed(widget))

    def _answering(self, agrees):
        return mock.patch.object(slicer.util, "confirmOkCancelDisplay", return_value=agrees)


@cache
def _foreign_models() -> str:
    """A folder with models of others, made once."""
    folder = tempfile.mkdtemp(dir=slicer.app.temporaryPath)
    subprocess.run([python_executable(), "-P", foreign.__file__, folder], check=True)
    return folder
