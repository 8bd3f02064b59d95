"""OrganSeg in 3D Slicer: segments the organs of a CT study, in a process of its own."""

import logging
from functools import partial
from pathlib import Path

import slicer
from OrganSegLib.errands.files import Order
from OrganSegLib.formats import Choices
from OrganSegLib.model import DEFAULT_MODEL, model_folder
from OrganSegLib.pipeline import Options
from OrganSegLib.report import HTML
from OrganSegSlicer.background import Background
from OrganSegSlicer.distances.job import Sent, measurement
from OrganSegSlicer.distances.nodes import remove_distances
from OrganSegSlicer.distances.table import facts_of, is_outdated
from OrganSegSlicer.export import Export, check_order
from OrganSegSlicer.export_section import REPORT
from OrganSegSlicer.job import Callbacks
from OrganSegSlicer.models_job import Managing
from OrganSegSlicer.panel import Panel
from OrganSegSlicer.parameters import MARGINS_MM, OrganSegParameterNode
from OrganSegSlicer.run import Run
from OrganSegSlicer.samples import register_samples
from OrganSegSlicer.segmentations import show_closed_surface
from OrganSegSlicer.self_test import SelfTest
from OrganSegSlicer.spaces import lps_to_node
from OrganSegSlicer.statistics import put_table, rows_of_segments
from OrganSegSlicer.volumes import dicom_files, scan_of
from slicer.i18n import tr as _
from slicer.i18n import translate
from slicer.ScriptedLoadableModule import (
    ScriptedLoadableModule,
    ScriptedLoadableModuleLogic,
    ScriptedLoadableModuleTest,
)


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


class OrganSegLogic(ScriptedLoadableModuleLogic):
    """Segments volumes of the scene, measures and writes; needs no widget.

    Every error is an `OrganSegError`: a code, a sentence and what to do next.
    """

    def __init__(self):
        ScriptedLoadableModuleLogic.__init__(self)
        self.log = logging.info
        self.work = Background(lambda line: self.log(line))
        self.distances = Background(lambda line: self.log(line))
        self.models = Background(lambda line: self.log(line))
        self._sent = Sent()

    @property
    def busy(self) -> bool:
        """Whether something is being segmented or written."""
        return self.work.busy

    @property
    def workerPid(self) -> int:
        """Process id of the worker, 0 while there is none."""
        return self.work.pid

    def getParameterNode(self):
        return OrganSegParameterNode(super().getParameterNode())

    def segment(self, volumeNode, segmentationNode=None, organs=None, **choices):
        """Segment and wait; Slicer stays responsive meanwhile.

        :param organs: names of the organs, all that the model knows when None.
        :param choices: as of :meth:`startSegmentation`.
        :return: the segmentation node.
        :raises OrganSegError: whatever goes wrong, also a cancel.
        """
        start = partial(self.startSegmentation, volumeNode, segmentationNode, organs, **choices)
        return self.work.outcome_of(start)

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
        self.work.require_idle()
        if segmentationNode is not None:
            lps_to_node(segmentationNode)
        chosen = None if organs is None else tuple(organs)
        scan, options = scan_of(volumeNode), Options(chosen, device, runtime, smoothing=smoothing)
        told = {"callbacks": Callbacks(**callbacks), "stay_warm": keepWarm}
        self.work.start(Run(volumeNode, segmentationNode, scan, model_folder(model), options, **told))

    def cancel(self) -> None:
        """Stop at once; no node changes, and the error callback hears of it."""
        self.work.cancel()

    def cleanup(self) -> None:
        """End the workers; nobody is called any more."""
        for background in (self.work, self.distances, self.models):
            background.cleanup()

    def computeStatistics(self, segmentationNode, volumeNode):
        """Measure and judge all segments as they are now; returns their table node.

        :raises OrganSegError: when the volume cannot be used.
        """
        rows = rows_of_segments(segmentationNode, scan_of(volumeNode))
        return put_table(rows, segmentationNode)

    def showClosedSurface(self, segmentationNode, visible=True) -> None:
        """Show the organs in 3D views, or hide them there."""
        show_closed_surface(segmentationNode, visible)

    def measureDistances(self, segmentationNode, target, margins=MARGINS_MM):
        """Measure how far a target is from the organs, and wait; Slicer stays responsive meanwhile.

        Lines between closest points and margins as segments are shown in a folder of the data tree.

        :param target: a node and the id of a segment or point in it; the node alone where it has only one.
        :param margins: radii of safety margins in millimetres.
        :return: the table node.
        :raises OrganSegError: whatever goes wrong.
        """
        start = partial(self.startDistances, segmentationNode, target, margins)
        return self.distances.outcome_of(start)

    def startDistances(self, segmentationNode, target, margins=MARGINS_MM, **callbacks):
        """Start to measure distances and return at once.

        :param target, margins: as of :meth:`measureDistances`.
        :param callbacks: finished(tableNode), error(OrganSegError).
        :raises OrganSegError: what can be refused at once; no callback is called then.
        """
        self.distances.require_idle()
        if self.distances.fresh:
            self._sent = Sent()
        told = {"callbacks": Callbacks(**callbacks)}
        self.distances.start(measurement(segmentationNode, target, tuple(margins), self._sent, **told))

    def removeDistances(self, segmentationNode) -> None:
        """Take table, lines and margins out of the scene."""
        self.distances.cancel()
        remove_distances(segmentationNode)

    def startModels(self, order, **callbacks):
        """Start to list, install, import, verify or remove models and return at once.

        It goes on beside a segmentation, in a process of its own that ends with it.

        :param order: an ``OrganSegLib.errands.models.ModelOrder``.
        :param callbacks: progress(stage, fraction), finished(Models), error(OrganSegError).
        :raises OrganSegError: what can be refused at once; no callback is called then.
        """
        self.models.require_idle()
        self.models.start(Managing(order, callbacks=Callbacks(**callbacks), stay_warm=False))

    def exportResults(self, segmentationNode, volumeNode, folder, **choices) -> list[Path]:
        """Write labels, surfaces and measurements into a folder, and wait; returns their paths.

        :param choices: as of :meth:`startExport`.
        :raises OrganSegError: whatever goes wrong.
        """
        start = partial(self.startExport, segmentationNode, volumeNode, folder, **choices)
        return self.work.outcome_of(start).files

    def startExport(
        self,
        segmentationNode,
        volumeNode,
        folder,
        formats=(),
        anonymous=False,
        decimation=0,
        smoothing=None,
        overwrite=False,
        **callbacks,
    ):
        """Start to write result files and return at once.

        :param formats: further formats, names in ``OrganSegLib.formats.FORMATS``.
        :param anonymous: leave out who the patient is.
        :param decimation: how many percent of the triangles the surfaces lose.
        :param smoothing: steps of smoothing of the surfaces.
        :param overwrite: replace results of an earlier export.
        :param callbacks: progress(stage, fraction), finished(Written), error(OrganSegError).
        :raises OrganSegError: what can be refused at once; no callback is called then.
        """
        self.work.require_idle()
        order = Order(
            str(folder),
            tuple(formats),
            Choices(not anonymous, decimation / 100),
            overwrite,
            smoothing,
            dicom_files(volumeNode),
            None if is_outdated(segmentationNode) else facts_of(segmentationNode),
        )
        check_order(segmentationNode, order)
        told = {"callbacks": Callbacks(**callbacks)}
        self.work.start(Export(volumeNode, segmentationNode, scan_of(volumeNode), order, **told))

    def createReport(self, segmentationNode, volumeNode, folder, **choices) -> Path:
        """Export with the CT and a report, and wait; returns the report's page.

        :param choices: as of :meth:`startExport`.
        :raises OrganSegError: whatever goes wrong.
        """
        self.exportResults(segmentationNode, volumeNode, folder, formats=REPORT, **choices)
        return Path(folder) / HTML


class OrganSegWidget(Panel):
    """The panel; what it does is in `Panel`."""

    Logic = OrganSegLogic


class OrganSegTest(SelfTest, ScriptedLoadableModuleTest):
    """Slicer's self-test; the tests themselves are in `SelfTest`."""

    Logic = OrganSegLogic

    def runTest(self):
        """Run every test: what the button Reload and Test does."""
        self.runAll()
