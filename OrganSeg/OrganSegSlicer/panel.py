"""The module's panel: what the buttons do and when they can be pressed."""

import logging
import sys
import time
from pathlib import Path

import qt
import slicer
import vtk
from OrganSegLib.errors import OrganSegError
from OrganSegLib.model import DEFAULT_MODEL, installed_models
from slicer.i18n import tr as _
from slicer.ScriptedLoadableModule import ScriptedLoadableModuleWidget
from slicer.util import VTKObservationMixin

from . import installation, volumes
from .organ_list import PRESETS, OrganList
from .result_table import ResultTable
from .segmentations import is_shown_in_3d, run_facts
from .statistics import table_of
from .views import centre_views, open_segment_editor


class Panel(ScriptedLoadableModuleWidget, VTKObservationMixin):
    """Input, run, result and advanced choices; ``OrganSegWidget`` is one."""

    Logic = None

    def __init__(self, parent=None):
        ScriptedLoadableModuleWidget.__init__(self, parent)
        VTKObservationMixin.__init__(self)
        self.logic = None
        self._parameterNode = None
        self._guiTag = None
        self._models = {}
        self._observedResult = ()
        self._startedAt = 0.0
        self._reason = ""  # why Segment cannot be pressed, as the status line says it

    def setup(self):
        ScriptedLoadableModuleWidget.setup(self)
        uiWidget = slicer.util.loadUI(self.resourcePath("UI/OrganSeg.ui"))
        self.layout.addWidget(uiWidget)
        self.ui = slicer.util.childWidgetVariables(uiWidget)
        uiWidget.setMRMLScene(slicer.mrmlScene)
        self.logic = self.Logic()
        self.logic.log = self._log
        self._organs = OrganList(self.ui.organList, self._onOrgansChanged)
        self._table = ResultTable(self.ui.resultTable, self._onOrganChosen)
        self._fillModels()
        self._connectButtons()
        self.ui.progressBar.visible = False
        scene = slicer.mrmlScene
        self.addObserver(scene, scene.StartCloseEvent, self._onSceneStartClose)
        self.addObserver(scene, scene.EndCloseEvent, self._onSceneEndClose)
        self.addObserver(scene, scene.NodeAddedEvent, self._onNodeAdded)
        self.initializeParameterNode()

    def _connectButtons(self):
        ui = self.ui
        ui.modelSelector.connect("currentIndexChanged(int)", self._onModelChosen)
        ui.searchBox.connect("textChanged(QString)", self._organs.search)
        ui.allButton.connect("clicked(bool)", lambda _checked: self._organs.check(None))
        ui.noneButton.connect("clicked(bool)", lambda _checked: self._organs.check(()))
        for name, organs in PRESETS.items():
            button = getattr(ui, f"{name}Button")
            button.connect("clicked(bool)", lambda _checked, organs=organs: self._organs.check(organs))
        ui.segmentButton.connect("clicked(bool)", self.onSegment)
        ui.cancelButton.connect("clicked(bool)", self.onCancel)
        ui.show3DButton.connect("clicked(bool)", self.onShow3D)
        ui.measureButton.connect("clicked(bool)", self.onMeasure)
        ui.segmentEditorButton.connect("clicked(bool)", self.onSegmentEditor)
        ui.exportButton.connect("clicked(bool)", self.onExport)

    def cleanup(self):
        """The module is reloaded, or Slicer closes."""
        self.logic.cleanup()
        self.removeObservers()
        if self._parameterNode:
            self._parameterNode.disconnectGui(self._guiTag)
            self._parameterNode = None

    def enter(self):
        self.initializeParameterNode()

    def exit(self):
        self.setParameterNode(None)

    def onReload(self):
        """Forget the libraries too, so that they are reloaded with the module."""
        for name in [name for name in sys.modules if name.startswith(("OrganSegLib", "OrganSegSlicer"))]:
            del sys.modules[name]
        ScriptedLoadableModuleWidget.onReload(self)

    def initializeParameterNode(self):
        """Use the scene's parameter node, and preselect the volume that is shown."""
        self.setParameterNode(self.logic.getParameterNode())
        self._preselect()

    def setParameterNode(self, parameterNode):
        """Show and observe these parameters; none when None."""
        if self._parameterNode:
            self._parameterNode.disconnectGui(self._guiTag)
            self.removeObserver(self._parameterNode, vtk.vtkCommand.ModifiedEvent, self._update)
        self._parameterNode = parameterNode
        if parameterNode:
            self._fillOrgans()
            self._guiTag = parameterNode.connectGui(self.ui)
            self.addObserver(parameterNode, vtk.vtkCommand.ModifiedEvent, self._update)
        self._update()

    def _onSceneStartClose(self, _caller, _event):
        self.ui.statusLabel.text = self._reason = ""  # it spoke of the old scene
        self.setParameterNode(None)

    def _onSceneEndClose(self, _caller, _event):
        if self.parent.isEntered:
            self.initializeParameterNode()

    def _onNodeAdded(self, _caller, _event):
        self._preselect()

    def _preselect(self):
        if self._parameterNode and not self._parameterNode.inputVolume:
            volume = volumes.shown_volume()
            if volume is not None:
                self._parameterNode.inputVolume = volume

    def _fillModels(self):
        try:
            self._models = {model.plan.name: model for model in installed_models()}
        except OrganSegError as error:
            self._showError(error)
        for name in self._models:
            self.ui.modelSelector.addItem(name)

    def _model(self):
        """The chosen model, or any that is installed, or None."""
        chosen = self._parameterNode.model if self._parameterNode else DEFAULT_MODEL
        return self._models.get(chosen) or next(iter(self._models.values()), None)

    def _fillOrgans(self):
        model = self._model()
        organs = model.plan.organs.values() if model else ()
        self._organs.fill(organs, self._parameterNode.skippedOrgans)
        self._organs.search(self.ui.searchBox.text)

    def _onModelChosen(self, _index):
        if self._parameterNode and self.ui.modelSelector.currentText in self._models:
            self._parameterNode.model = self.ui.modelSelector.currentText
            self._fillOrgans()
            self._update()

    def _onOrgansChanged(self):
        if self._parameterNode:
            self._parameterNode.skippedOrgans = self._organs.skipped()

    def _whyNot(self):
        """What is missing before Segment can be pressed, "" when nothing is."""
        volume = self._parameterNode.inputVolume if self._parameterNode else None
        if self.logic.busy:
            return _("A segmentation is running.")
        if volume is None:
            return _("Load a CT study and choose its volume.")
        if volumes.modality(volume) not in ("", "CT"):
            return _("The chosen volume is {modality}, not CT.").format(modality=volumes.modality(volume))
        if self._model() is None:
            return _("No model is installed: install OrganSeg again.")
        if not self._organs.checked():
            return _("Choose at least one organ.")
        return ""

    def _update(self, _caller=None, _event=None):
        """Bring the panel up to date with the parameters and the run."""
        ui, model, reason = self.ui, self._model(), self._whyNot()
        ui.modelLabel.text = model.plan.description if model else _("No model is installed.")
        if model:
            ui.modelSelector.setCurrentText(model.plan.name)
        ui.segmentButton.enabled = not reason
        ui.segmentButton.toolTip = reason or _("Find the chosen organs in this volume.")
        ui.cancelButton.enabled = self.logic.busy
        ui.progressBar.visible = self.logic.busy
        if not self.logic.busy and ui.statusLabel.text in ("", self._reason):
            ui.statusLabel.text = self._reason = reason
        self._updateResult()

    def _updateResult(self):
        ui = self.ui
        node = self._parameterNode.segmentation if self._parameterNode else None
        self._observeResult(node)
        self._table.show(node, table_of(node) if node else None)
        filled = node is not None and node.GetSegmentation().GetNumberOfSegments() > 0
        volume = self._parameterNode.inputVolume if self._parameterNode else None
        for button, purpose in (
            (ui.show3DButton, _("Show or hide the organs in 3D views.")),
            (ui.measureButton, _("Measure again, after you edited segments.")),
            (ui.segmentEditorButton, _("Edit the organs in the Segment Editor.")),
            (ui.exportButton, _("Save labels, surfaces and measurements into a folder.")),
        ):
            button.enabled = filled and volume is not None
            button.toolTip = purpose if button.enabled else _("There is no result yet: press Segment.")
        ui.show3DButton.checked = filled and is_shown_in_3d(node)

    def _observeResult(self, node):
        if node and node.GetDisplayNode():
            edited = node.GetSegmentation().SourceRepresentationModified
            modified = vtk.vtkCommand.ModifiedEvent
            wanted = (
                (node.GetDisplayNode(), modified, self._onDisplayChanged),
                (node.GetSegmentation(), edited, self._onEdited),
            )
        else:
            wanted = ()
        if wanted != self._observedResult:
            for observation in self._observedResult:
                self.removeObserver(*observation)
            for observation in wanted:
                self.addObserver(*observation)
            self._observedResult = wanted

    def _onDisplayChanged(self, _caller, _event):
        self._table.update()

    def _onEdited(self, _caller, _event):
        self.ui.statusLabel.text = _("Segments were edited: press Measure to bring the numbers up to date.")

    def _onOrganChosen(self, segmentId):
        centre_views(self._parameterNode.segmentation, segmentId)

    def onSegment(self, _checked=False):
        """Start; everything that happens afterwards comes through the callbacks."""
        p = self._parameterNode
        self._startedAt = time.monotonic()
        try:
            installation.ensure_packages(Path(self.resourcePath("requirements.txt")))
            self.logic.startSegmentation(
                p.inputVolume,
                p.segmentation,
                self._organs.checked(),
                model=self._model().folder,
                device=p.device,
                runtime=p.runtime,
                smoothing=p.smoothing,
                keepWarm=p.keepWarm,
                progress=self._onProgress,
                finished=self._onFinished,
                error=self._showError,
            )
        except OrganSegError as error:
            self._showError(error)
            return
        self.ui.progressBar.value = 0
        self.ui.statusLabel.text = _("Starting the background process ...")
        self._update()

    def onCancel(self, _checked=False):
        self.logic.cancel()

    def onShow3D(self, checked):
        self.logic.showClosedSurface(self._parameterNode.segmentation, checked)

    def onMeasure(self, _checked=False):
        p = self._parameterNode
        try:
            with slicer.util.tryWithErrorDisplay(show=False, waitCursor=True):
                self.logic.computeStatistics(p.segmentation, p.inputVolume)
        except OrganSegError as error:
            self._showError(error)
            return
        self.ui.statusLabel.text = _("Measured.")
        self._updateResult()

    def onSegmentEditor(self, _checked=False):
        open_segment_editor(self._parameterNode.segmentation, self._parameterNode.inputVolume)

    def onExport(self, _checked=False):
        title = _("Export organs into a folder")
        folder = qt.QFileDialog.getExistingDirectory(slicer.util.mainWindow(), title)
        if folder:
            self._export(folder)

    def _export(self, folder, overwrite=False):
        p = self._parameterNode
        try:
            with slicer.util.tryWithErrorDisplay(show=False, waitCursor=True):
                self.logic.exportResults(p.segmentation, p.inputVolume, folder, p.smoothing, overwrite)
        except OrganSegError as error:
            question = _("{problem}\n\nReplace them?").format(problem=error.sentence)
            if error.code == "output.exists" and slicer.util.confirmOkCancelDisplay(question):
                self._export(folder, overwrite=True)
            else:
                self._showError(error)
            return
        self.ui.statusLabel.text = _("Exported to {folder}").format(folder=folder)

    def _onProgress(self, stage, fraction):
        self.ui.progressBar.value = round(100 * fraction)
        elapsed = time.monotonic() - self._startedAt
        # At first the estimate would jump about.
        left = elapsed * (1 - fraction) / fraction if fraction > 0.05 else None
        told = _(stage)
        if left is not None:
            told = _("{stage}, about {seconds} s left").format(stage=told, seconds=round(left))
        self.ui.statusLabel.text = told

    def _onFinished(self, segmentationNode):
        self.logic.getParameterNode().segmentation = segmentationNode
        seconds = time.monotonic() - self._startedAt
        found = segmentationNode.GetSegmentation().GetNumberOfSegments()
        self.ui.statusLabel.text = _(
            "{count} organs in {seconds} s. Look at them before you use them."
        ).format(count=found, seconds=round(seconds, 1))
        for note in run_facts(segmentationNode)["notes"]:
            self._log(note["sentence"])
        self._update()

    def _showError(self, error):
        self._log(f"{error.code}: {error}")
        self.ui.statusLabel.text = str(error)
        self._update()

    def _log(self, line):
        logging.info(line)
        self.ui.logText.appendPlainText(line)
