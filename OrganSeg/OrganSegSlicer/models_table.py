"""The dialog's table of models: one row for each that is installed or can be."""

from collections.abc import Callable, Sequence
from html import escape

import qt
from OrganSegLib.errands.models import AVAILABLE, DAMAGED, INSTALLED, ListedModel
from slicer.i18n import tr as _

from .headings import set_headings
from .models_words import commercial_words, size_words, time_words, voxels_words

TITLE, FINDS, VOXELS, LICENCE, COMMERCIAL, SIZE, TIME, STATE = range(8)


class ModelsTable:
    """Drives a ``QTableWidget``.

    Args:
        widget: the table.
        chosen: called when another row, or none, was chosen.
    """

    def __init__(self, widget, chosen: Callable[[], None]) -> None:
        self._widget, self._chosen = widget, chosen
        self._models: Sequence[ListedModel] = ()
        self._quiet = False
        set_headings(
            widget,
            [
                (_("Model"), _("What its makers call it.")),
                (_("Finds"), _("What it segments.")),
                (_("Voxels mm"), _("Size of the voxels that it sees: smaller ones are finer and slower.")),
                (
                    _("Licence"),
                    _("Of its weights. The data that it learnt from may have another, see below."),
                ),
                (_("Commercial"), _("Whether the licences allow commercial use.")),
                (_("Size"), _("On the disk, or to download.")),
                (_("Time"), _("Expected for a CT; on which computer, and how that is known, stands below.")),
                (_("State"), _("Whether it can be used.")),
            ],
        )
        widget.horizontalHeader().setSectionResizeMode(FINDS, qt.QHeaderView.Stretch)
        widget.connect("itemSelectionChanged()", self._on_selection)

    @property
    def current(self) -> ListedModel | None:
        """The model of the chosen row."""
        row = self._widget.currentRow()
        return self._models[row] if 0 <= row < len(self._models) else None

    def show(self, models: Sequence[ListedModel], name: str) -> None:
        """Show these models and choose the row of one, the first where there is none of that ``name``."""
        self._quiet = True
        self._models = models
        self._widget.setRowCount(len(models))
        for row, model in enumerate(models):
            self._fill(row, model)
        names = [model.name for model in models]
        self._widget.setCurrentCell(names.index(name) if name in names else 0, TITLE)
        self._quiet = False
        self._chosen()

    def _fill(self, row: int, model: ListedModel) -> None:
        states = {INSTALLED: _("installed"), DAMAGED: _("damaged"), AVAILABLE: _("not installed")}
        texts = {
            TITLE: model.title,
            FINDS: model.finds,
            VOXELS: voxels_words(model.voxels_mm),
            LICENCE: model.licence,
            COMMERCIAL: commercial_words(model.commercial),
            SIZE: size_words(model.size, model.exact),
            TIME: time_words(model.seconds),
            STATE: states[model.state],
        }
        for column, text in texts.items():
            item = qt.QTableWidgetItem(text)
            item.setToolTip(f"<p>{escape(text)}</p>")  # Qt takes for HTML whatever looks like it
            item.setFlags(qt.Qt.ItemIsEnabled | qt.Qt.ItemIsSelectable)
            if column in (VOXELS, SIZE, TIME):
                item.setTextAlignment(qt.Qt.AlignRight | qt.Qt.AlignVCenter)
            self._widget.setItem(row, column, item)

    def _on_selection(self) -> None:
        if not self._quiet:
            self._chosen()
