"""The module's panel: what the buttons do and when they can be pressed."""

import logging
import sys

import qt
import slicer
import vtk
from OrganSegLib.model import DEFAULT_MODEL
from slicer.i18n import tr as _
from slicer.ScriptedLoadableModule import ScriptedLoadableModuleWidget
from slicer.util import VTKObservationMixin

from . import volumes
from .attempt import attempt
from .distances.section import DistanceSection
from .export_section import ExportSection
from .installation import ensure_packages, requirements_of
from .model_choice import ModelChoice
from .organ_list import OrganList
from .progress import RunProgress
from .result_section import ResultSection
from .segmentations import find_organ, run_facts, segmentation_of, volume_of
from .views import look_at


class Panel(ScriptedLoadableModuleWidget, VTKObservationMixin):
    """Input, run and advanced choices, and what the other sections share; ``OrganSegWidget`` is one."""

    Logic = None

    def __init__(self, parent=None):
        ScriptedLoadableModuleWidget.__init__(self, parent)
        VTKObservationMixin.__init__(self)
        self.logic = None
        self._parameterNode = None
        self._guiTag = None
        self._volume = None  # the input when the panel was last brought up to date
        self._asked = []
        self._reason = ""  # why Segment cannot be pressed, as the status line says it

    def setup(self):
        ScriptedLoadableModuleWidget.setup(self)
        uiWidget = slicer.util.loadUI(self.resourcePath("UI/OrganSeg.ui"))
        self.layout.addWidget(uiWidget)
        self.ui = slicer.util.childWidgetVariables(uiWidget)
        uiWidget.setMRMLScene(slicer.mrmlScene)
        self.logic = self.Logic()
        self.logic.log = self._log
        self._organs = OrganList(self.ui, self._onOrgansChanged)
        self._progress = RunProgress(self.ui.progressBar, lambda line: self._tell(line))
        common = self._tellAtOnce, self._showError
        self._results = ResultSection(self.ui, self.logic, *common)
        self._distances = DistanceSection(self.ui, self.logic, self._log)
        self._export = ExportSection(self.ui, self.logic, self._progress, *common, self._update)
        self.models = ModelChoice(self.ui, self.logic, self._onModelChosen, self._showError, self._log)
        self.models.fill()
        self._connectButtons()
        self.ui.progressBar.visible = False
        scene = slicer.mrmlScene
        self.addObserver(scene, scene.StartCloseEvent, self._onSceneStartClose)
        self.addObserver(scene, scene.EndCloseEvent, self._onSceneEndClose)
        self.addObserver(scene, scene.EndImportEvent, self._onSceneEndImport)
        self.addObserver(scene, scene.EndBatchProcessEvent, self._preselect)
        self.addObserver(scene, scene.NodeAddedEvent, self._preselect)
        self.initializeParameterNode()

    def _connectButtons(self):
        ui = self.ui
        ui.segmentButton.connect("clicked(bool)", self.onSegment)
        ui.cancelButton.connect("clicked(bool)", self.onCancel)

    def cleanup(self):
        """The module is reloaded, or Slicer closes."""
        self.logic.cleanup()
        self.removeObservers()
        self._results.observe(None)
        self._distances.stop()
        if self._parameterNode:
            self._parameterNode.disconnectGui(self._guiTag)
            self._parameterNode = None
        self.models.close()

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
            self._volume = parameterNode.inputVolume
            self._fillOrgans()
            self._guiTag = parameterNode.connectGui(self.ui)
            self.addObserver(parameterNode, vtk.vtkCommand.ModifiedEvent, self._update)
        self._update()

    def _onSceneStartClose(self, _caller, _event):
        self.ui.statusLabel.text = self._reason = ""  # it spoke of the old scene
        self._results.observe(None)
        self._distances.stop()
        self.setParameterNode(None)

    def _onSceneEndClose(self, _caller, _event):
        if self.parent.isEntered:
            self.initializeParameterNode()

    def _onSceneEndImport(self, _caller, _event):
        if self._parameterNode:  # the scene may have brought other choices
            self.initializeParameterNode()
            qt.QTimer.singleShot(0, self._update)  # once the selectors know its nodes, too

    def _preselect(self, _caller=None, _event=None):
        loading = slicer.mrmlScene.IsBatchProcessing()
        if self._parameterNode and not loading and not self._parameterNode.inputVolume:
            volume = volumes.shown_volume()
            if volume is not None:
                self._parameterNode.inputVolume = volume

    def _followVolume(self):
        """Leave the result of another volume alone: go to this volume's own, or to a new one."""
        p, before = self._parameterNode, self._volume
        self._volume = p.inputVolume
        changed = before and self._volume and before is not self._volume
        if changed and p.segmentation and volume_of(p.segmentation) not in (None, self._volume):
            p.segmentation = segmentation_of(self._volume)

    def _model(self):
        """The chosen model, or the one that is taken in its place, or None."""
        return self.models.model(self._parameterNode.model if self._parameterNode else DEFAULT_MODEL)

    def _fillOrgans(self):
        model = self._model()
        organs = model.plan.organs.values() if model else ()
        self._organs.fill(organs, self._parameterNode.skippedOrgans)

    def _onModelChosen(self, name):
        """The user chose a model; "" where others came or went."""
        parameters = self.logic.getParameterNode()
        if model := self.models.model(name or parameters.model):
            parameters.model = model.plan.name
        if self._parameterNode:
            self._fillOrgans()
        self._update()

    def _onOrgansChanged(self):
        if self._parameterNode:
            self._parameterNode.skippedOrgans = self._organs.skipped()

    def _whyNot(self):
        """What is missing before Segment can be pressed, "" when nothing is."""
        volume = self._parameterNode.inputVolume if self._parameterNode else None
        if self.logic.busy:
            return _("OrganSeg is at work.")
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
        if self._parameterNode:
            self._followVolume()
        ui, model, reason, busy = self.ui, self._model(), self._whyNot(), self.logic.busy
        self.models.show(model)
        ui.segmentButton.enabled = not reason
        ui.segmentButton.toolTip = reason or _("Find the chosen organs in this volume.")
        ui.cancelButton.enabled = busy
        stops = _("Stop at once; nothing in the scene changes.")
        ui.cancelButton.toolTip = stops if busy else _("There is nothing to cancel.")
        ui.inputSelector.enabled = ui.segmentationSelector.enabled = not busy
        ui.progressBar.visible = busy
        if not busy and ui.statusLabel.text in ("", self._reason):
            ui.statusLabel.text = self._reason = reason
        for section in (self._results, self._distances, self._export):
            section.show(self._parameterNode)

    def onSegment(self, _checked=False):
        """Start; everything that happens afterwards comes through the callbacks."""
        error = attempt(self._install, wait_cursor=False) or attempt(self._start)
        if error:
            self._showError(error)
            return
        self._progress.start(_("Starting the background process ..."))
        self._update()

    def _install(self):
        ensure_packages(requirements_of("segment"), self._tellAtOnce)

    def _start(self):
        p = self._parameterNode
        self._asked = self._organs.checked()
        self.logic.startSegmentation(
            p.inputVolume,
            p.segmentation,
            self._asked,
            model=self._model().folder,
            device=p.device,
            runtime=p.runtime,
            smoothing=p.smoothing,
            keepWarm=p.keepWarm,
            progress=self._progress.report,
            finished=self._onFinished,
            error=self._showError,
        )

    def onCancel(self, _checked=False):
        self.logic.cancel()

    def _onFinished(self, segmentationNode):
        parameters = self.logic.getParameterNode()
        if parameters.segmentation is not segmentationNode:
            parameters.segmentation = segmentationNode
            look_at(segmentationNode)
        found = [name for name in self._asked if find_organ(segmentationNode.GetSegmentation(), name)]
        told = _("{count} of {asked} organs found in {seconds} s. Look at them before you use them.")
        told = told.format(count=len(found), asked=len(self._asked), seconds=round(self._progress.seconds, 1))
        notes = [note["sentence"] for note in run_facts(segmentationNode)["notes"]]
        for note in notes:
            self._log(note)
        self._tell(" ".join([told, *notes]))
        self._update()

    def _showError(self, error):
        self._log(f"{error.code}: {error}")
        self._tell(str(error))
        self._update()

    def _tell(self, line):
        self.ui.statusLabel.text = line

    def _tellAtOnce(self, line):
        """For what is done before Qt comes to draw again."""
        self._tell(line)
        self.ui.statusLabel.repaint()

    def _log(self, line):
        logging.info(line)
        self.ui.logText.appendPlainText(line)
