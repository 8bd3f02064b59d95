"""The panel's section *Export* and its button *Report*: files for others, written while Slicer goes on."""

from pathlib import Path

import qt
import slicer
from OrganSegLib.errors import OutputError
from OrganSegLib.formats import FORMATS
from slicer.i18n import tr as _

from .attempt import attempt
from .distances.table import is_outdated
from .installation import ensure_packages, requirements_of
from .segmentations import organ_segments
from .views import open_page

REPORT = ("ct", "report")  # with the CT, so that the folder can be opened again
PAGE = ("page",)
NOT_LISTED = ("report", "page", "uncertainty")  # these have buttons; that is known to the run only
SCENE = ".mrb"


class ExportSection:
    """Asks for a folder, has the files written and opens what is to be looked at.

    Args:
        ui: the panel's widgets.
        logic: what writes.
        progress: a `RunProgress`.
        tell: called with a line for the user.
        failed: called with an `OrganSegError`.
        changed: called when writing began or ended.
    """

    def __init__(self, ui, logic, progress, tell, failed, changed):
        self._ui, self._logic, self._progress = ui, logic, progress
        self._tell, self._failed, self._changed = tell, failed, changed
        self._parameters = None
        self._folder = ""
        self._listed = [name for name in FORMATS if name not in NOT_LISTED]
        for n, name in enumerate(self._listed):
            ui.formatList.addItem(_(FORMATS[name].title))
            ui.formatList.item(n).setToolTip(_(FORMATS[name].title))
        ui.formatList.connect("itemChanged(QListWidgetItem*)", self._on_format)
        ui.reportButton.connect("clicked(bool)", lambda _checked: self._on_write(REPORT))
        ui.pageButton.connect("clicked(bool)", lambda _checked: self._on_write(PAGE))
        ui.exportButton.connect("clicked(bool)", lambda _checked: self._on_write(self._parameters.formats))
        ui.saveSceneButton.connect("clicked(bool)", self._on_save_scene)

    def show(self, parameters):
        """Show these choices, and what can be pressed."""
        self._parameters = None  # what follows is no choice of the user
        chosen = parameters.formats if parameters else ()
        for n, name in enumerate(self._listed):
            state = qt.Qt.Checked if name in chosen else qt.Qt.Unchecked
            self._ui.formatList.item(n).setCheckState(state)
        self._parameters = parameters
        reason = self._why_not()
        for button, purpose in (
            (self._ui.reportButton, _("Write a report for printing and for the screen into a folder.")),
            (self._ui.pageButton, _("Write a page with the organs in 3D that opens in any browser.")),
            (self._ui.exportButton, _("Save labels, surfaces and measurements into a folder.")),
        ):
            button.enabled = not reason
            button.toolTip = reason or purpose

    def _why_not(self):
        p = self._parameters
        if p is None or p.segmentation is None or not organ_segments(p.segmentation):
            return _("There is no result yet: press Segment.")
        if p.inputVolume is None:
            return _("Choose the CT volume first.")
        return _("OrganSeg is at work.") if self._logic.busy else ""

    def _on_format(self, _item):
        if self._parameters:
            states = [self._ui.formatList.item(n).checkState() for n in range(len(self._listed))]
            chosen = zip(self._listed, states, strict=True)
            self._parameters.formats = [name for name, state in chosen if state == qt.Qt.Checked]

    def _on_write(self, wanted):
        folder = choose_folder(self._folder)
        if not folder:
            return
        self._folder = folder
        formats = [*wanted, *(name for name in self._there(Path(folder)) if name not in wanted)]
        purposes = requirements_of("measure", "export", *formats)
        if error := attempt(ensure_packages, purposes, self._tell, wait_cursor=False):
            self._failed(error)
        else:
            pages = [page_of(name) for name in (*REPORT, *PAGE) if name in wanted]
            self._write(formats, Path(folder), [page for page in pages if page])

    def _write(self, formats, folder, pages, overwrite=False):
        p = self._parameters
        outdated = _("Distances are left out: target or organs changed since they were measured.")
        left_out = [outdated] if is_outdated(p.segmentation) else []
        choices = {
            "formats": formats,
            "anonymous": p.anonymous,
            "decimation": p.decimation,
            "smoothing": p.smoothing,
            "overwrite": overwrite,
            "progress": self._progress.report,
            "finished": lambda written: self._on_written(folder, pages, [*written.notes, *left_out]),
            "error": self._failed,
        }
        nodes = p.segmentation, p.inputVolume
        if error := attempt(lambda: self._logic.startExport(*nodes, folder, **choices)):
            question = _("{problem}\n\nReplace them?").format(problem=error.sentence)
            if error.code == "output.exists" and slicer.util.confirmOkCancelDisplay(question):
                self._write(formats, folder, pages, overwrite=True)
            else:
                self._failed(error)
            return
        self._progress.start(_("Starting the background process ..."))
        self._changed()

    def _there(self, folder):
        """Formats that an earlier export left in the folder: they are made anew, not lost."""
        files = {name: FORMATS[name].files for name in (*self._listed, *REPORT, *PAGE)}
        return [name for name in files if all((folder / file).exists() for file in files[name])]

    def _on_written(self, folder, pages, notes):
        self._tell(" ".join([_("Exported to {folder}.").format(folder=folder), *notes]))
        self._changed()
        for page in pages:
            open_page(folder / page)

    def _on_save_scene(self, _checked=False):
        if file := choose_scene_file():
            path = file if file.lower().endswith(SCENE) else file + SCENE
            if error := attempt(save_scene, path):
                self._failed(error)
            else:
                self._tell(_("The scene was saved as {path}.").format(path=path))


def page_of(name: str) -> str:
    """The file of a format that a browser shows, ``""`` where there is none."""
    return next((file for file in FORMATS[name].files if file.endswith(".html")), "")


def save_scene(path: str) -> None:
    """Save everything that is loaded as one file.

    Raises:
        OutputError: ``output.not_writable``.
    """
    if not slicer.util.saveScene(path):
        raise OutputError(
            "output.not_writable",
            _("The scene could not be saved as '{path}'.").format(path=path),
            _("Check that you may write there and that the disk has room."),
        )


def choose_folder(before: str) -> str:
    """Ask the user for a folder; ``""`` when they changed their mind."""
    title = _("Export organs into a folder")
    return qt.QFileDialog.getExistingDirectory(slicer.util.mainWindow(), title, before)


def choose_scene_file() -> str:
    """Ask the user where the scene shall go; ``""`` when they changed their mind."""
    kinds = _("Scene with all data (*{ending})").format(ending=SCENE)
    return qt.QFileDialog.getSaveFileName(slicer.util.mainWindow(), _("Save the scene"), "", kinds)
