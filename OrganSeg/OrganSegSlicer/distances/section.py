"""The panel's section *Distances*: the target, the margins, and the table that follows both."""

import time

import qt
import slicer
from slicer.i18n import tr as _
from slicer.util import VTKObservationMixin

from ..attempt import attempt
from ..installation import ensure_packages, requirements_of
from ..segmentations import organ_segments
from ..views import jump_to
from .choices import TargetChoice
from .distance_table import DistanceTable
from .nodes import choose_lines, margins_of
from .remnants import remnants
from .table import facts_of, is_outdated, mark_outdated, table_of
from .target import SEGMENTATION, margin_is_no_target

PAUSE_MS = 400  # without a change before it is measured again
SLOW_SECONDS = 5.0  # longer, nobody follows


class DistanceSection(VTKObservationMixin):
    """Measures when asked to, and again when target or organs change.

    Args:
        ui: the panel's widgets.
        logic: what measures.
        log: called with each error.
    """

    def __init__(self, ui, logic, log):
        VTKObservationMixin.__init__(self)
        self._ui, self._logic, self._log = ui, logic, log
        self._parameters = None
        self._observed = ()
        self._startedAt = 0.0
        self._following = False  # whether the user asked, or a change
        self._choice = TargetChoice(ui.targetSelector, ui.targetPartBox, self._on_changed)
        self._table = DistanceTable(ui.distanceTable, self._on_organ_clicked, self._on_lines_chosen)
        self._timer = qt.QTimer()
        self._timer.setSingleShot(True)
        self._timer.setInterval(PAUSE_MS)
        self._timer.connect("timeout()", self._on_pause)
        ui.placePointButton.connect("clicked(bool)", self._on_place_point)
        ui.distanceButton.connect("clicked(bool)", self._on_measure)
        ui.removeDistancesButton.connect("clicked(bool)", self._on_remove)
        for margin in (ui.marginSpinBox, ui.secondMarginSpinBox):
            margin.connect("valueChanged(double)", self._on_choice)
        ui.followCheckBox.connect("toggled(bool)", self._on_choice)

    def show(self, parameters):
        """Show what these parameters say. While another module is open the section goes on following."""
        self._choice.show(parameters)
        if parameters is None:
            return
        self._parameters = parameters
        node = parameters.segmentation
        self._observe()
        self._table.show(node)
        organs = _("Press Segment first.") if node is None or not organ_segments(node) else ""
        reason = organs or self._why_no_target()
        ui, measured = self._ui, node is not None and facts_of(node) is not None
        ui.distanceButton.enabled = not reason
        ui.distanceButton.toolTip = reason or _("Measure from the target to every organ.")
        ui.removeDistancesButton.enabled = measured
        if not measured:
            self._tell(organs or _("The target is a lesion drawn in the Segment Editor, or a point."))

    def _why_no_target(self):
        p = self._parameters
        if p.target is None:
            return _("Choose a target, or place a point.")
        return str(margin_is_no_target()) if p.target is margins_of(p.segmentation) else ""

    def stop(self):
        """Follow nothing any more; the scene closes, or the panel goes."""
        self._timer.stop()
        self._parameters, self._observed = None, ()
        self.removeObservers()
        self._choice.show(None)
        self._table.show(None)
        self._tell("")

    def _observe(self):
        """Listen to the target and to the organs, and to nothing else."""
        nodes = dict.fromkeys(
            node for node in (self._parameters.target, self._parameters.segmentation) if node
        )
        wanted = [observation for node in nodes for observation in self._events(node)]
        if wanted != self._observed:
            self.removeObservers()
            for observation in wanted:
                self.addObserver(*observation)
            self._observed = wanted

    def _events(self, node):
        if node.IsA(SEGMENTATION):
            of, edits = node.GetSegmentation(), ("SourceRepresentationModified", "SegmentRemoved")
            names = "SegmentAdded", "SegmentRemoved", "SegmentModified"
        else:
            of, edits = node, ("PointModifiedEvent", "PointPositionDefinedEvent", "PointRemovedEvent")
            names = "PointAddedEvent", "PointRemovedEvent", "PointModifiedEvent"
        yield node, node.TransformModifiedEvent, self._on_changed
        yield from ((of, getattr(of, event), self._on_changed) for event in edits)
        yield from ((of, getattr(of, event), self._on_names) for event in names)

    def _on_names(self, _caller=None, _event=None):
        """Segments or points came, went or have another name."""
        p = self._parameters
        if p.target is not None and not p.targetPart:
            self._choice.choose(p.target)  # the first that was made there
        self._choice.show(p)

    def _on_changed(self, _caller=None, _event=None):
        """What was measured is no longer so."""
        if self._parameters and self._parameters.segmentation:
            mark_outdated(self._parameters.segmentation)
            self._timer.start()

    def _on_choice(self, _value):
        self._timer.start()  # by then it stands in the parameters, too

    def _on_pause(self):
        p = self._parameters
        facts = facts_of(p.segmentation) if p and p.segmentation and p.target else None
        if facts is None:
            return
        if facts["margins_mm"] != self._margins():
            mark_outdated(p.segmentation)
        if not is_outdated(p.segmentation):
            return
        if reason := self._why_no_target():
            self._tell(reason)
        elif p.followTarget:
            self._measure(following=True)
        else:
            self._tell(_("Target or organs changed: press Measure distances."))

    def _margins(self):
        p = self._parameters
        return sorted({mm for mm in (p.margin, p.secondMargin) if mm > 0})

    def _on_measure(self, _checked=False):
        files = requirements_of("measure")
        if error := attempt(ensure_packages, files, self._tell, wait_cursor=False):
            self._failed(error)
        else:
            self._measure()

    def _measure(self, following=False):
        p = self._parameters
        if self._logic.distances.busy:
            self._timer.start()  # what changed since is measured next
            return
        self._startedAt, self._following = time.monotonic(), following
        self._tell(_("Measuring distances ..."))
        target, tell = (p.target, p.targetPart), {"finished": self._on_finished, "error": self._failed}
        start = self._logic.startDistances
        if error := attempt(lambda: start(p.segmentation, target, self._margins(), **tell)):
            self._failed(error)

    def _on_finished(self, table):
        p = self._parameters
        if p is None or p.segmentation is None or table_of(p.segmentation) is not table:
            return  # the user went on to another result
        self.show(p)
        facts = facts_of(p.segmentation)
        seconds = time.monotonic() - self._startedAt
        size = _(", {ml} ml").format(ml=f"{facts['target_ml']:.1f}") if facts["target_ml"] else ""
        told = _("From {target}{size}, measured in {seconds} s.")
        told = told.format(target=facts["target"], size=size, seconds=round(seconds, 1))
        within = _("Voxels of this size tell distances to {mm} mm.").format(mm=f"{facts['within_mm']:.1f}")
        told = " ".join([told, within, *remnants(facts, p.segmentation)])
        if self._following and seconds > SLOW_SECONDS:
            p.followTarget = False
            told += " " + _("That is too slow to follow: press Measure distances after changes.")
        self._tell(told)

    def _failed(self, error):
        self._log(f"{error.code}: {error}")
        self._tell(str(error))

    def _on_remove(self, _checked=False):
        self._timer.stop()
        self._logic.removeDistances(self._parameters.segmentation)
        self.show(self._parameters)

    def _on_place_point(self, _checked=False):
        point = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLMarkupsFiducialNode", _("Target point"))
        point.CreateDefaultDisplayNodes()
        self._choice.choose(point)
        markups = slicer.modules.markups.logic()
        markups.SetActiveList(point)
        markups.StartPlaceMode(False)
        self._tell(_("Click where the point shall be, in a slice view or in 3D."))

    def _on_lines_chosen(self, organs):
        choose_lines(self._parameters.segmentation, organs)

    def _on_organ_clicked(self, organ):
        ends = zip(organ["on_target"], organ["on_organ"], strict=True)
        left, back, up = ((a + b) / 2 for a, b in ends)
        jump_to((-left, -back, up))

    def _tell(self, line):
        self._ui.distanceLabel.text = line
        self._ui.distanceLabel.repaint()  # packages may be installed next, before Qt comes to draw
