"""The checklist of organs: presets, search, and which organs the user left out."""

from collections.abc import Callable, Iterable

import qt
from OrganSegLib.organs import Organ
from slicer.i18n import tr as _

ABDOMEN = (
    "spleen",
    "kidney_left",
    "kidney_right",
    "gallbladder",
    "liver",
    "stomach",
    "pancreas",
    "adrenal_gland_left",
    "adrenal_gland_right",
    "duodenum",
    "colon",
    "urinary_bladder",
)
CHEST = ("lung_left", "lung_right", "heart", "esophagus")
VESSELS = ("aorta", "inferior_vena_cava")
PRESETS = {"abdomen": ABDOMEN, "chest": CHEST, "vessels": VESSELS}


class OrganList:
    """Drives a ``QListWidget``.

    Args:
        widget: the list.
        changed: called when the user checked or unchecked something.
    """

    def __init__(self, widget, changed: Callable[[], None]) -> None:
        self._widget = widget
        self._changed = changed
        self._names: list[str] = []
        self._quiet = False
        widget.connect("itemChanged(QListWidgetItem*)", self._on_item_changed)

    def fill(self, organs: Iterable[Organ], skipped: Iterable[str]) -> None:
        """Show these organs, all checked but the ``skipped`` ones."""
        skipped = set(skipped)
        self._quiet = True
        self._widget.clear()
        self._names = []
        for organ in sorted(organs, key=lambda organ: organ.title):
            self._names.append(organ.name)
            self._widget.addItem(_(organ.title))
            item = self._widget.item(len(self._names) - 1)
            item.setFlags(qt.Qt.ItemIsUserCheckable | qt.Qt.ItemIsEnabled)
            item.setCheckState(_state(organ.name not in skipped))
        self._quiet = False

    def checked(self) -> list[str]:
        """Names of the organs to segment."""
        return [name for name, item in self._items() if item.checkState() == qt.Qt.Checked]

    def skipped(self) -> list[str]:
        """Names of the organs that were left out."""
        return [name for name, item in self._items() if item.checkState() != qt.Qt.Checked]

    def check(self, names: Iterable[str] | None) -> None:
        """Check these organs and no others; all when None."""
        wanted = set(self._names if names is None else names)
        self._quiet = True
        for name, item in self._items():
            item.setCheckState(_state(name in wanted))
        self._quiet = False
        self._changed()

    def search(self, text: str) -> None:
        """Show the organs whose name holds every word of ``text``."""
        words = text.lower().split()
        for _name, item in self._items():
            item.setHidden(not all(word in item.text().lower() for word in words))

    def _items(self):
        return [(name, self._widget.item(n)) for n, name in enumerate(self._names)]

    def _on_item_changed(self, _item) -> None:
        if not self._quiet:
            self._changed()


def _state(checked: bool):
    return qt.Qt.Checked if checked else qt.Qt.Unchecked
