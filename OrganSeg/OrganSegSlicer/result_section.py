"""The panel's section *Result*: the table, and the buttons that do something with the organs."""

import vtk
from slicer.i18n import tr as _
from slicer.util import VTKObservationMixin

from .attempt import attempt
from .flags import lines_of
from .installation import ensure_packages, requirements_of
from .result_table import ResultTable
from .segmentations import is_shown_in_3d, run_facts
from .statistics import table_of
from .views import centre_views, open_segment_editor


class ResultSection(VTKObservationMixin):
    """Shows the chosen segmentation and keeps up with what the user does to it elsewhere.

    Args:
        ui: the panel's widgets.
        logic: what measures.
        tell: called with a line for the user.
        failed: called with an `OrganSegError`.
    """

    def __init__(self, ui, logic, tell, failed):
        VTKObservationMixin.__init__(self)
        self._ui, self._logic, self._tell, self._failed = ui, logic, tell, failed
        self._table = ResultTable(ui.resultTable, self._on_organ_chosen)
        self._parameters = None
        self._observed = ()
        ui.show3DButton.connect("clicked(bool)", self._on_show_3d)
        ui.measureButton.connect("clicked(bool)", self._on_measure)
        ui.segmentEditorButton.connect("clicked(bool)", self._on_segment_editor)

    def show(self, parameters):
        """Show the segmentation of these parameters; nothing when None."""
        self._parameters = parameters
        node = parameters.segmentation if parameters else None
        # While another module is open the segmentation is still listened to: it is edited there.
        if parameters:
            self.observe(node)
        self._table.show(node, table_of(node) if node else None)
        self._show_checks(node)
        filled = node is not None and node.GetSegmentation().GetNumberOfSegments() > 0
        volume = parameters.inputVolume if parameters else None
        empty = "" if filled else _("There is no result yet: press Segment.")
        reason = empty or ("" if volume is not None else _("Choose the CT volume first."))
        ui = self._ui
        for button, why_not, purpose in (
            (ui.show3DButton, empty, _("Show or hide the organs in 3D views.")),
            (ui.measureButton, reason, _("Measure again, after you edited segments.")),
            (ui.segmentEditorButton, reason, _("Edit the organs in the Segment Editor.")),
        ):
            button.enabled = not why_not
            button.toolTip = why_not or purpose
        ui.show3DButton.checked = filled and is_shown_in_3d(node)

    def _show_checks(self, node):
        """What is to be said of the whole scan, above the table."""
        lines = lines_of(run_facts(node).get("checks", [])) if node else ""
        self._ui.checksLabel.text = lines
        self._ui.checksLabel.visible = bool(lines)

    def observe(self, node):
        """Listen to what happens to this segmentation, and to no other; to none when None."""
        display = node.GetDisplayNode() if node else None
        if node:
            segmentation = node.GetSegmentation()
            events = segmentation.SegmentModified, segmentation.SegmentRemoved
            wanted = [(segmentation, event, self._on_looks_changed) for event in events]
            wanted += [(segmentation, segmentation.SourceRepresentationModified, self._on_edited)]
            wanted += [(display, vtk.vtkCommand.ModifiedEvent, self._on_looks_changed)] if display else []
        else:
            wanted = []
        if wanted != self._observed:
            self.removeObservers()
            for observation in wanted:
                self.addObserver(*observation)
            self._observed = wanted

    def _on_looks_changed(self, _caller, _event):
        self._table.update()
        if self._parameters and self._parameters.segmentation:
            self._ui.show3DButton.checked = is_shown_in_3d(self._parameters.segmentation)

    def _on_edited(self, _caller, _event):
        self._tell(_("Segments were edited: press Measure to bring the numbers up to date."))

    def _on_organ_chosen(self, segment_id):
        centre_views(self._parameters.segmentation, segment_id)

    def _on_show_3d(self, checked):
        self._logic.showClosedSurface(self._parameters.segmentation, checked)

    def _on_measure(self, _checked=False):
        p = self._parameters
        error = attempt(ensure_packages, requirements_of("measure"), self._tell, wait_cursor=False)
        error = error or attempt(self._logic.computeStatistics, p.segmentation, p.inputVolume)
        if error:
            self._failed(error)
            return
        self._tell(_("Measured."))
        self.show(p)

    def _on_segment_editor(self, _checked=False):
        open_segment_editor(self._parameters.segmentation, self._parameters.inputVolume)
