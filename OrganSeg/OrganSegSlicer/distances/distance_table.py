"""The panel's table of distances: one row per organ, nearest first, with a check box for its line."""

from collections.abc import Callable

import qt
from slicer.i18n import tr as _

from ..headings import set_headings
from ..segmentations import title_of
from .nodes import lines_of
from .table import facts_of

LINE, NAME, DISTANCE, CONTACT, AROUND, FIRST_MARGIN = range(6)


class DistanceTable:
    """Drives a ``QTableWidget`` from the distances of a segmentation.

    Args:
        widget: the table.
        clicked: called with the facts of the organ that was clicked.
        chosen: called with the names of the organs whose lines are checked, when the user changed them.
    """

    def __init__(self, widget, clicked: Callable[[dict], None], chosen: Callable[[list], None]) -> None:
        self._widget, self._clicked, self._chosen = widget, clicked, chosen
        self._organs: list[dict] = []
        self._quiet = False
        widget.connect("cellClicked(int,int)", self._on_clicked)
        widget.connect("itemChanged(QTableWidgetItem*)", self._on_item_changed)

    def show(self, segmentation_node) -> None:
        """Show the distances of a segmentation; none when None, or before they were measured."""
        facts = facts_of(segmentation_node) if segmentation_node else None
        self._quiet = True
        self._organs = sorted(facts["organs"], key=_remoteness) if facts else []
        self._organs = [organ for organ in self._organs if organ["status"] != "absent"]
        set_headings(self._widget, _headings(facts["margins_mm"] if facts else ()))
        self._widget.setRowCount(len(self._organs))
        lines = lines_of(segmentation_node) if facts else {}
        for row, organ in enumerate(self._organs):
            self._fill(row, organ, title_of(segmentation_node, organ["name"]), organ["name"] in lines)
        self._quiet = False

    def _fill(self, row: int, organ: dict, title: str, has_line: bool) -> None:
        texts = ["", title, _distance(organ), _contact(organ), _around(organ)]
        for margin in organ["margins"]:
            texts += _margin(margin)
        for column, text in enumerate(texts):
            item = qt.QTableWidgetItem(text)
            item.setToolTip(_hint(organ))
            item.setFlags(qt.Qt.ItemIsEnabled | qt.Qt.ItemIsSelectable)
            if column > NAME:
                item.setTextAlignment(qt.Qt.AlignRight | qt.Qt.AlignVCenter)
            if column == LINE and organ["status"] == "apart":
                item.setFlags(qt.Qt.ItemIsEnabled | qt.Qt.ItemIsUserCheckable)
                item.setCheckState(qt.Qt.Checked if has_line else qt.Qt.Unchecked)
            self._widget.setItem(row, column, item)

    def _on_clicked(self, row: int, column: int) -> None:
        if column != LINE:
            self._clicked(self._organs[row])

    def _on_item_changed(self, item) -> None:
        if not self._quiet and item.column() == LINE:
            rows = [n for n in range(len(self._organs)) if self._is_checked(n)]
            self._chosen([self._organs[n]["name"] for n in rows])

    def _is_checked(self, row: int) -> bool:
        apart = self._organs[row]["status"] == "apart"
        return apart and self._widget.item(row, LINE).checkState() == qt.Qt.Checked


def _headings(margins_mm):
    headings = [
        (_("Line"), _("Show a line between the closest points, with its length.")),
        (_("Organ"), _("Click to go where target and organ come closest.")),
        (_("Distance"), _("Least distance between both surfaces.")),
        (_("Contact"), _("Area of the target's surface with the organ next to it.")),
        (_("Around"), _("How far around a vessel the contact reaches, of 360 degrees.")),
    ]
    for mm in margins_mm:
        inside = _("Volume of the organ inside the target and its margin of {mm} mm.")
        left = _("Volume of the organ that is left without the target and its margin of {mm} mm.")
        headings.append((_("In {mm} mm").format(mm=f"{mm:g}"), inside.format(mm=f"{mm:g}")))
        headings.append((_("Left"), left.format(mm=f"{mm:g}")))
    return headings


def _remoteness(organ: dict):
    """Nearest first, then most contact first; absent ones last."""
    mm = organ["distance_mm"]
    return float("inf") if mm is None else mm, -(organ["contact_mm2"] or 0)


def _distance(organ: dict) -> str:
    if organ["status"] == "apart":
        return f"{organ['distance_mm']:.1f} mm"
    return _("overlaps") if organ["status"] == "overlapping" else _("touches")


def _contact(organ: dict) -> str:
    return f"{organ['contact_mm2'] / 100:.1f} cm²" if organ["contact_mm2"] else ""


def _around(organ: dict) -> str:
    return f"{organ['encasement_deg']:.0f}°" if organ["encasement_deg"] else ""


def _margin(margin: dict) -> list[str]:
    """What lies inside, and what is left; nothing where the margin does not reach the organ."""
    if not margin["inside_ml"]:
        return ["", ""]
    left = f"{margin['remaining_ml']:.0f} ml, {margin['remaining_percent']:.0f} %"
    return [f"{margin['inside_ml']:.1f} ml", left]


def _hint(organ: dict) -> str:
    mean = _("Mean distance of the target's surface: {mm} mm. Click to go there.")
    return mean.format(mm=f"{organ['mean_distance_mm']:.1f}")
