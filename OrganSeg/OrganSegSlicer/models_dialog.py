"""The dialog that lists, installs, imports, checks and removes models, while Slicer goes on."""

from collections.abc import Callable
from pathlib import Path

import qt
import slicer
from OrganSegLib.errands import models as errand
from OrganSegLib.errands.models import ModelOrder, Models
from OrganSegLib.errors import OrganSegError
from slicer.i18n import tr as _

from .attempt import attempt
from .installation import ensure_packages, requirements_of
from .models_table import ModelsTable
from .models_words import details_of, licence_question, removal_question
from .progress import RunProgress

FILE = Path(__file__).resolve().parents[1] / "Resources" / "UI" / "ModelsDialog.ui"
WIDTH, HEIGHT = 900, 560
ORIENTATIONS = ("", "RAS", "LAS", "RPS", "LPS", "RAI", "LAI", "RPI", "LPI")
WITH_TORCH = (errand.INSTALL, errand.IMPORT, errand.VERIFY)


class ModelsDialog:
    """Shows what is installed and what can be, and does what its buttons say.

    Args:
        logic: what installs.
        changed: called with the names of all usable models, and with the name of the new one or ``""``.
        log: called with each error.
    """

    def __init__(self, logic, changed: Callable[[list[str], str], None], log: Callable[[str], None]) -> None:
        self._logic, self._changed, self._log = logic, changed, log
        self.dialog = qt.QDialog(slicer.util.mainWindow())
        self.dialog.windowTitle = _("OrganSeg's models")
        self.dialog.setLayout(qt.QVBoxLayout())
        content = slicer.util.loadUI(str(FILE))
        self.dialog.layout().addWidget(content)
        self.dialog.resize(WIDTH, HEIGHT)
        self.ui = slicer.util.childWidgetVariables(content)
        self.ui.orientationBox.addItems([_("Orientation"), *ORIENTATIONS[1:]])
        self._table = ModelsTable(self.ui.modelTable, self._update)
        self._progress = RunProgress(self.ui.progressBar, lambda line: self._tell(line))
        self._order = ModelOrder()
        for button, act in (
            (self.ui.installButton, self._on_install),
            (self.ui.installFilesButton, self._on_install_files),
            (self.ui.verifyButton, self._on_verify),
            (self.ui.removeButton, self._on_remove),
            (self.ui.importFolderButton, self._on_import_folder),
            (self.ui.importZipButton, self._on_import_zip),
            (self.ui.cancelButton, self._logic.models.cancel),
            (self.ui.closeButton, self.dialog.close),
        ):
            button.connect("clicked(bool)", lambda _checked, act=act: act())
        self._update()

    def open(self) -> None:
        """Show the dialog, and what there is now; what is under way goes on."""
        self.dialog.show()
        if not self._logic.models.busy:
            self._do(ModelOrder(), _("Reading the models ..."))

    def close(self) -> None:
        """The panel goes, and the dialog with it."""
        self.dialog.close()
        self.dialog.deleteLater()

    def _update(self) -> None:
        """Bring details and buttons up to date with the chosen row and the work."""
        ui, model, busy = self.ui, self._table.current, self._logic.models.busy
        ui.detailsText.setHtml(details_of(model) if model else "")
        under_way = _("OrganSeg is at work.") if busy else ""
        none = under_way or ("" if model else _("Choose a model first."))
        there = none or ("" if model.state == errand.AVAILABLE else _("It is installed."))
        gone = none or ("" if model.state != errand.AVAILABLE else _("It is not installed."))
        own = gone or ("" if model.removable else _("It came with OrganSeg and stays."))
        for button, why_not, purpose in (
            (ui.installButton, there, _("Show the licence; once you accept it, download and install.")),
            (ui.installFilesButton, there, _("Install it from files that somebody carried in.")),
            (ui.verifyButton, gone, _("Check that it is whole and unchanged.")),
            (ui.removeButton, own, _("Delete it from this computer.")),
            (ui.importFolderButton, under_way, _("Install a model of your own from its folder.")),
            (ui.importZipButton, under_way, _("Install a model of your own from a zip of its folder.")),
        ):
            button.enabled = not why_not
            button.toolTip = why_not or purpose
        ui.cancelButton.enabled = ui.progressBar.visible = busy
        ui.cancelButton.toolTip = _("Stop at once.") if busy else _("There is nothing to cancel.")

    def _on_install(self) -> None:
        self._install(())

    def _on_install_files(self) -> None:
        if files := choose_files(_("Files of the model"), _("All files (*)")):
            self._install(files)

    def _install(self, files) -> None:
        model = self._table.current
        question = licence_question(model, download=not files)
        if not slicer.util.confirmOkCancelDisplay(question, _("Licence")):
            self._tell(_("Nothing was installed, since the licence was not accepted."))
            return
        order = ModelOrder(errand.INSTALL, model.name, accepted=True, sources=tuple(files))
        self._do(order, _("Installing {model} ...").format(model=model.title))

    def _on_import_folder(self) -> None:
        if folder := choose_folder(_("Folder of a model")):
            self._import((folder,))

    def _on_import_zip(self) -> None:
        if files := choose_files(_("Zip of a model; several become one"), _("Zip files (*.zip)")):
            self._import(files)

    def _import(self, sources) -> None:
        ui = self.ui
        order = ModelOrder(
            errand.IMPORT,
            ui.nameBox.text.strip(),
            sources=tuple(sources),
            configuration=ui.configurationBox.text.strip(),
            folds=tuple(ui.foldsBox.text.replace(",", " ").split()),
            orientation=ORIENTATIONS[ui.orientationBox.currentIndex],
            whole=ui.wholeBox.checked,
        )
        self._do(order, _("Importing the model ..."))

    def _on_verify(self) -> None:
        self._do(ModelOrder(errand.VERIFY, self._table.current.name), _("Checking the model ..."))

    def _on_remove(self) -> None:
        model = self._table.current
        if slicer.util.confirmOkCancelDisplay(removal_question(model), _("Remove a model")):
            self._do(ModelOrder(errand.REMOVE, model.name), _("Removing the model ..."))

    def _do(self, order: ModelOrder, line: str) -> None:
        files = requirements_of("segment") if order.action in WITH_TORCH else []
        error = attempt(ensure_packages, files, self._tell_at_once, wait_cursor=False)
        if error := error or attempt(self._start, order):
            self._failed(error)
            return
        self._order = order
        self._progress.start(line)
        self._update()

    def _start(self, order: ModelOrder) -> None:
        told = {"finished": self._on_finished, "error": self._failed}
        self._logic.startModels(order, progress=self._progress.report, **told)

    def _on_finished(self, models: Models) -> None:
        action, current = self._order.action, self._table.current
        self._table.show(models.listed, models.name or (current.name if current else ""))
        self._tell(_told(action).format(model=models.name))
        new = models.name if action in (errand.INSTALL, errand.IMPORT) else ""
        self._changed([model.name for model in models.listed if model.state == errand.INSTALLED], new)

    def _failed(self, error: OrganSegError) -> None:
        self._log(f"{error.code}: {error}")
        self._tell(str(error))
        self._update()

    def _tell(self, line: str) -> None:
        self.ui.statusLabel.text = line

    def _tell_at_once(self, line: str) -> None:
        """For what is done before Qt comes to draw again."""
        self._tell(line)
        self.ui.statusLabel.repaint()


def _told(action: str) -> str:
    return {
        errand.LIST: "",
        errand.INSTALL: _("{model} is installed and chosen for the next run."),
        errand.IMPORT: _("{model} is installed and chosen for the next run."),
        errand.VERIFY: _("{model} is whole and unchanged."),
        errand.REMOVE: _("{model} was removed."),
    }[action]


def choose_folder(title: str) -> str:
    """Ask the user for a folder; ``""`` when they changed their mind."""
    return qt.QFileDialog.getExistingDirectory(slicer.util.mainWindow(), title, "")


def choose_files(title: str, kinds: str) -> list[str]:
    """Ask the user for files; none when they changed their mind."""
    return list(qt.QFileDialog.getOpenFileNames(slicer.util.mainWindow(), title, "", kinds))
