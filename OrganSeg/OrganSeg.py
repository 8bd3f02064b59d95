"""OrganSeg in 3D Slicer: segments the organs of a CT study, in a process of its own."""

import logging
import time
from pathlib import Path
from typing import Annotated

import slicer
from OrganSegLib.errors import Cancelled, InputError, OrganSegError, WorkerError, named
from OrganSegLib.model import DEFAULT_MODEL, load_model
from OrganSegLib.pipeline import Options
from OrganSegLib.runtimes import DEVICES, RUNTIMES
from OrganSegLib.surfaces import SMOOTHING
from OrganSegSlicer.export import export_results
from OrganSegSlicer.panel import Panel
from OrganSegSlicer.run import Callbacks, Run
from OrganSegSlicer.samples import register_samples
from OrganSegSlicer.segmentations import show_closed_surface, show_result
from OrganSegSlicer.self_test import SelfTest
from OrganSegSlicer.spaces import lps_to_node
from OrganSegSlicer.statistics import put_table, rows_of_result, rows_of_segments
from OrganSegSlicer.volumes import scan_of
from OrganSegSlicer.worker_process import Listener, WorkerProcess
from slicer import vtkMRMLScalarVolumeNode, vtkMRMLSegmentationNode
from slicer.i18n import tr as _
from slicer.i18n import translate
from slicer.parameterNodeWrapper import Choice, WithinRange, parameterNodeWrapper
from slicer.ScriptedLoadableModule import (
    ScriptedLoadableModule,
    ScriptedLoadableModuleLogic,
    ScriptedLoadableModuleTest,
)
from slicer.util import VTKObservationMixin

POLL_SECONDS = 0.01


class OrganSeg(ScriptedLoadableModule):
    """What Slicer shows of the module before it is opened."""

    def __init__(self, parent):
        ScriptedLoadableModule.__init__(self, parent)
        self.parent.title = _("OrganSeg")
        self.parent.categories = [translate("qSlicerAbstractCoreModule", "Segmentation")]
        self.parent.dependencies = ["Segmentations", "Volumes"]
        self.parent.contributors = ["OrganSeg contributors"]
        self.parent.helpText = _(
            "Finds the organs in a CT study: choose the volume, press Segment, and get each organ as a "
            "segment, as a 3D surface and as a row of measurements. Nothing leaves this computer. "
            "See the <a href='https://github.com/OrganSeg/OrganSeg#readme'>user guide</a>."
        )
        self.parent.acknowledgementText = _(
            "Research software, not a medical device. Look at every result before you use it for anything."
        )
        slicer.app.connect("startupCompleted()", register_samples)


@parameterNodeWrapper
class OrganSegParameterNode:
    """What the user chose; saved with the scene.

    inputVolume - the CT.
    segmentation - where the organs go; a new one is made when there is none.
    model - name of an installed model.
    skippedOrgans - the organs that shall not be segmented.
    device, runtime - what the network runs on.
    keepWarm - leave the worker running for the next click.
    smoothing - steps of smoothing of the surfaces.
    """

    inputVolume: vtkMRMLScalarVolumeNode
    segmentation: vtkMRMLSegmentationNode
    model: str = DEFAULT_MODEL
    skippedOrgans: list[str]
    device: Annotated[str, Choice(list(DEVICES))] = "auto"
    runtime: Annotated[str, Choice(list(RUNTIMES))] = "auto"
    keepWarm: bool = True
    smoothing: Annotated[int, WithinRange(0, 20)] = SMOOTHING


class OrganSegLogic(ScriptedLoadableModuleLogic, VTKObservationMixin):
    """Segments volumes of the scene; needs no widget.

    Every error is an `OrganSegError`: a code, a sentence and what to do next.
    """

    def __init__(self):
        ScriptedLoadableModuleLogic.__init__(self)
        VTKObservationMixin.__init__(self)
        self.log = logging.info
        self._worker = None
        self._run = None

    @property
    def busy(self) -> bool:
        """Whether a segmentation is running."""
        return self._run is not None

    @property
    def workerPid(self) -> int:
        """Process id of the worker, 0 while there is none."""
        return self._worker.pid if self._worker is not None else 0

    def getParameterNode(self):
        return OrganSegParameterNode(super().getParameterNode())

    def segment(self, volumeNode, segmentationNode=None, organs=None, **choices):
        """Segment and wait; Slicer stays responsive meanwhile.

        :param organs: names of the organs, all that the model knows when None.
        :param choices: as of :meth:`startSegmentation`.
        :return: the segmentation node.
        :raises OrganSegError: whatever goes wrong, also a cancel.
        """
        ends = []
        tell = {"finished": ends.append, "error": ends.append}
        self.startSegmentation(volumeNode, segmentationNode, organs, **choices, **tell)
        while self.busy:
            slicer.app.processEvents()
            time.sleep(POLL_SECONDS)
        end = ends[0] if ends else Cancelled()
        if isinstance(end, OrganSegError):
            raise end
        return end

    def startSegmentation(
        self,
        volumeNode,
        segmentationNode=None,
        organs=None,
        model=DEFAULT_MODEL,
        device="auto",
        runtime="auto",
        smoothing=None,
        keepWarm=True,
        **callbacks,
    ):
        """Start to segment and return at once.

        :param segmentationNode: updated; a new one is made when None.
        :param organs: names of the organs, all that the model knows when None.
        :param model: name of an installed model, or a folder.
        :param smoothing: steps of smoothing of the surfaces.
        :param keepWarm: leave the worker running, so that the next run starts at once.
        :param callbacks: progress(stage, fraction), finished(segmentationNode), error(OrganSegError).
        :raises OrganSegError: what can be refused at once; no callback is called then.
        """
        if self.busy:
            sentence = _("A segmentation is already running.")
            raise InputError("input.busy", sentence, _("Wait until it is done, or cancel it."))
        if segmentationNode is not None:
            lps_to_node(segmentationNode)
        chosen = None if organs is None else tuple(organs)
        scan = scan_of(volumeNode)
        options = Options(chosen, device, runtime, smoothing=smoothing)
        loaded, tell = load_model(model), Callbacks(**callbacks)
        run = Run(volumeNode, segmentationNode, scan, loaded, options, tell, keepWarm)
        try:
            request = run.request()
        except OrganSegError:
            run.discard()
            raise
        self._run = run
        scene = slicer.mrmlScene
        self.addObserver(scene, scene.NodeRemovedEvent, self._onNodesGone)
        self.addObserver(scene, scene.EndCloseEvent, self._onNodesGone)
        if self._worker is None or not self._worker.alive:
            self._worker = WorkerProcess(self.log)
        self._worker.ask(request, Listener(tell.progress, self._onDone, self._end))

    def cancel(self) -> None:
        """Stop at once; nothing of the run is left, and its error callback hears of it."""
        if self.busy:
            self._end(Cancelled())

    def cleanup(self) -> None:
        """End the worker; nobody is called any more."""
        self._stopWorker()
        if self.busy:
            self._finish()

    def computeStatistics(self, segmentationNode, volumeNode):
        """Measure all segments as they are now; returns their table node.

        :raises OrganSegError: when the volume cannot be used.
        """
        rows = rows_of_segments(segmentationNode, scan_of(volumeNode))
        return put_table(rows, segmentationNode)

    def showClosedSurface(self, segmentationNode, visible=True) -> None:
        """Show the organs in 3D views, or hide them there."""
        show_closed_surface(segmentationNode, visible)

    def exportResults(self, segmentationNode, volumeNode, folder, smoothing=None, overwrite=False):
        """Write labels, surfaces and measurements into a folder; returns their paths.

        :raises OrganSegError: when the volume or the folder cannot be used.
        """
        return export_results(segmentationNode, volumeNode, Path(folder), smoothing, overwrite)

    def _onDone(self, facts) -> None:
        run = self._run
        try:
            result = run.result(facts)
            node = show_result(result, run.volume, run.segmentation)
            put_table(rows_of_result(result, node), node, keep_others=True)
            show_closed_surface(node)
        except Exception as error:  # Qt calls this: nobody else would hear of it
            logging.exception("OrganSeg could not show its result")
            self._end(named(error))
            return
        self._finish()
        run.callbacks.finished(node)

    def _end(self, error: OrganSegError) -> None:
        run = self._finish()
        if isinstance(error, Cancelled | WorkerError):
            self._stopWorker()
        run.callbacks.error(error)

    def _finish(self) -> Run:
        run, self._run = self._run, None
        self.removeObservers()
        run.discard()
        if not run.stay_warm:
            self._stopWorker()
        return run

    def _stopWorker(self) -> None:
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.kill()

    def _onNodesGone(self, _caller, _event) -> None:
        # While a scene closes it is not yet the time to speak: the panel starts afresh when it is closed.
        if not slicer.mrmlScene.IsClosing() and not self._run.nodes_are_there:
            self._stopWorker()
            self._end(
                InputError(
                    "input.gone",
                    _("The volume or its segmentation was closed while it was being segmented."),
                    _("Load the study again and press Segment."),
                )
            )


class OrganSegWidget(Panel):
    """The panel; what it does is in `Panel`."""

    Logic = OrganSegLogic


class OrganSegTest(SelfTest, ScriptedLoadableModuleTest):
    """Slicer's self-test; the tests themselves are in `SelfTest`."""

    Logic = OrganSegLogic

    def runTest(self):
        """Run every test: what the button Reload and Test does."""
        self.runAll()
