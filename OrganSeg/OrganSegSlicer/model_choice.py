"""The panel's choice of a model, and the dialog that installs others."""

from collections.abc import Callable

from OrganSegLib.errors import OrganSegError
from OrganSegLib.model import DEFAULT_MODEL, Model, installed_models
from slicer.i18n import tr as _

from .models_dialog import ModelsDialog


class ModelChoice:
    """Drives a ``QComboBox`` and the button beside it.

    Args:
        ui: the panel's widgets.
        logic: what installs models.
        chosen: called with the name of the model that the user chose, or of one that was installed.
        failed: called with an `OrganSegError`.
        log: called with each error of the dialog.
    """

    def __init__(
        self,
        ui,
        logic,
        chosen: Callable[[str], None],
        failed: Callable[[OrganSegError], None],
        log: Callable[[str], None],
    ) -> None:
        self._ui, self._logic, self._chosen, self._failed, self._log = ui, logic, chosen, failed, log
        self._models: dict[str, Model] = {}
        self.dialog: ModelsDialog | None = None
        self._quiet = False
        ui.modelSelector.connect("currentIndexChanged(int)", self._on_chosen)
        ui.modelsButton.connect("clicked(bool)", self._on_models)

    def fill(self) -> None:
        """Look which models are installed."""
        problems: list[OrganSegError] = []
        try:
            self._models = {model.plan.name: model for model in installed_models(problems)}
        except OrganSegError as error:
            self._models = {}
            problems.append(error)
        self._quiet = True
        self._ui.modelSelector.clear()
        for name in self._models:
            self._ui.modelSelector.addItem(name)
        self._quiet = False
        for problem in problems:
            self._failed(problem)

    def model(self, name: str) -> Model | None:
        """The model of that name, else the built-in one, else any that is installed."""
        fallback = self._models.get(DEFAULT_MODEL) or next(iter(self._models.values()), None)
        return self._models.get(name, fallback)

    def show(self, model: Model | None) -> None:
        """Show which model is taken."""
        self._ui.modelLabel.text = model.plan.description if model else _("No model is installed.")
        if model:
            self._quiet = True
            self._ui.modelSelector.setCurrentText(model.plan.name)
            self._quiet = False

    def close(self) -> None:
        """The panel goes."""
        if self.dialog is not None:
            self.dialog.close()
            self.dialog = None

    def _on_chosen(self, _index) -> None:
        if not self._quiet and self._ui.modelSelector.currentText in self._models:
            self._chosen(self._ui.modelSelector.currentText)

    def _on_models(self, _checked=False) -> None:
        if self.dialog is None:
            self.dialog = ModelsDialog(self._logic, self._on_changed, self._log)
        self.dialog.open()

    def _on_changed(self, names: list[str], new: str) -> None:
        """Take over what the dialog changed; ``new`` is chosen, or else what was, where it is still there."""
        if set(names) != set(self._models):
            self.fill()
            self._chosen(new)
