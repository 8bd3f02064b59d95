"""The table of results: one row per organ, with a check box that shows and hides it."""

import math
from collections.abc import Callable

import qt
from slicer.i18n import tr as _

from .flags import hint_of, icon_of, words_of
from .headings import set_headings

VISIBLE, COLOUR, NAME, VOLUME, MEAN, FLAGS = range(6)


class ResultTable:
    """Drives a ``QTableWidget`` from the table node of a segmentation.

    Args:
        widget: the table; its columns are set here.
        chosen: called with the id of the segment that was clicked.
    """

    def __init__(self, widget, chosen: Callable[[str], None]) -> None:
        self._widget = widget
        self._chosen = chosen
        self._segmentation = None
        self._ids: list[str] = []
        self._quiet = False
        set_headings(
            widget,
            [
                (_("Show"), _("Show the organ in slices and in 3D.")),
                ("", _("Its colour.")),
                (_("Organ"), _("Click to centre the views on it.")),
                (_("ml"), _("Volume in millilitres.")),
                (_("HU"), _("Mean Hounsfield units.")),
                (_("Notes"), _("What is doubtful, and how much so.")),
            ],
        )
        widget.horizontalHeader().setSectionResizeMode(FLAGS, qt.QHeaderView.Stretch)
        widget.connect("cellClicked(int,int)", self._on_clicked)
        widget.connect("itemChanged(QTableWidgetItem*)", self._on_item_changed)

    def show(self, segmentation_node, table_node) -> None:
        """Show the rows of the table of a segmentation; none when either node is None."""
        self._segmentation = segmentation_node
        self._quiet = True
        table = table_node.GetTable() if segmentation_node and table_node else None
        self._ids = []
        self._widget.setRowCount(table.GetNumberOfRows() if table else 0)
        for row in range(self._widget.rowCount):
            self._ids.append(table.GetValueByName(row, "Segment ID").ToString())
            self._fill(row, table)
        self._quiet = False
        self.update()

    def update(self) -> None:
        """Take over visibility, colours and names, which the user may have changed elsewhere."""
        if self._segmentation is None:
            return
        self._quiet = True
        segmentation, display = self._segmentation.GetSegmentation(), self._segmentation.GetDisplayNode()
        for row, segment_id in enumerate(self._ids):
            segment = segmentation.GetSegment(segment_id) if segment_id else None
            self._widget.setRowHidden(row, bool(segment_id) and segment is None)  # deleted by the user
            if segment is None or display is None:
                continue
            visible = display.GetSegmentVisibility(segment_id)
            self._widget.item(row, VISIBLE).setCheckState(qt.Qt.Checked if visible else qt.Qt.Unchecked)
            red, green, blue = (round(255 * part) for part in segment.GetColor())
            self._widget.item(row, COLOUR).setBackground(qt.QBrush(qt.QColor(red, green, blue)))
            self._widget.item(row, NAME).setText(segment.GetName())
        self._quiet = False

    def _fill(self, row: int, table) -> None:
        volume, mean = (table.GetValueByName(row, name).ToDouble() for name in ("Volume [ml]", "Mean [HU]"))
        level, codes, remarks = (
            table.GetValueByName(row, name).ToString() for name in ("Trust", "Flags", "Remarks")
        )
        texts = {
            VISIBLE: "",
            COLOUR: "",
            NAME: table.GetValueByName(row, "Segment").ToString(),
            VOLUME: f"{volume:.1f}" if volume else "",
            MEAN: "" if math.isnan(mean) else f"{mean:.0f}",
            FLAGS: words_of(level, codes.split()),
        }
        hint = hint_of(level, remarks) or _("Click to centre the views on this organ.")
        for column, text in texts.items():
            item = qt.QTableWidgetItem(text)
            item.setToolTip(hint)
            item.setFlags(qt.Qt.ItemIsEnabled | qt.Qt.ItemIsSelectable)
            if column in (VOLUME, MEAN):
                item.setTextAlignment(qt.Qt.AlignRight | qt.Qt.AlignVCenter)
            if column == FLAGS:
                item.setIcon(icon_of(level))
            if column == VISIBLE and self._ids[row]:
                item.setFlags(qt.Qt.ItemIsEnabled | qt.Qt.ItemIsUserCheckable)
                item.setCheckState(qt.Qt.Checked)
            self._widget.setItem(row, column, item)

    def _on_clicked(self, row: int, column: int) -> None:
        if column != VISIBLE and self._ids[row]:
            self._chosen(self._ids[row])

    def _on_item_changed(self, item) -> None:
        if self._quiet or item.column() != VISIBLE or self._segmentation is None:
            return
        visible = item.checkState() == qt.Qt.Checked
        self._segmentation.GetDisplayNode().SetSegmentVisibility(self._ids[item.row()], visible)
