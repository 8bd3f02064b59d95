"""The checklist of organs by part of the body: presets, search, and which organs the user left out."""

from collections.abc import Callable, Iterable, Iterator

import qt
from OrganSegLib.organs import Organ, catalogue, groups, synonyms
from slicer.i18n import tr as _

FEW = 30  # organs that are listed at once; of more, first the parts of the body alone


class OrganList:
    """Drives a ``QTreeWidget``, where a part of the body can be checked as a whole, and what stands over it.

    Args:
        ui: the panel's widgets.
        changed: called when the user checked or unchecked something.
    """

    def __init__(self, ui, changed: Callable[[], None]) -> None:
        self._ui = ui
        self._changed = changed
        self._headings: dict[str, object] = {}
        self._items: dict[str, object] = {}
        self._words: dict[str, str] = {}
        self._quiet = False
        ui.organList.connect("itemChanged(QTreeWidgetItem*,int)", self._on_item_changed)
        ui.searchBox.connect("textChanged(QString)", self._search)
        ui.allButton.connect("clicked(bool)", lambda _checked: self._check(self._items))
        ui.noneButton.connect("clicked(bool)", lambda _checked: self._check(()))
        for group, names in groups().items():
            _button(ui, group).connect("clicked(bool)", lambda _checked, names=names: self._check(names))

    def fill(self, organs: Iterable[Organ], skipped: Iterable[str]) -> None:
        """Show these organs, all checked but the ``skipped`` ones."""
        known = {organ.name: organ for organ in organs}
        skipped = set(skipped)
        self._quiet = True
        self._items, self._headings = {}, {}
        self._ui.organList.clear()
        for group, names in _grouped(known):
            heading = qt.QTreeWidgetItem(self._ui.organList)
            heading.setText(0, _(group.replace("_", " ").capitalize()))
            heading.setFlags(qt.Qt.ItemIsEnabled | qt.Qt.ItemIsUserCheckable | qt.Qt.ItemIsAutoTristate)
            self._headings[group] = heading
            for name in names:
                self._items[name] = _item(heading, known[name], name not in skipped)
        self._words = {name: _words(organ) for name, organ in known.items()}
        self._quiet = False
        for group in groups():
            _button(self._ui, group).visible = group in self._headings
        self._search(self._ui.searchBox.text)

    def checked(self) -> list[str]:
        """Names of the organs to segment."""
        return [name for name, item in self._items.items() if item.checkState(0) == qt.Qt.Checked]

    def skipped(self) -> list[str]:
        """Names of the organs that were left out."""
        return [name for name, item in self._items.items() if item.checkState(0) != qt.Qt.Checked]

    def _check(self, names: Iterable[str]) -> None:
        """Check these organs and no others."""
        wanted = set(names)
        self._quiet = True
        for name, item in self._items.items():
            item.setCheckState(0, _state(name in wanted))
        self._quiet = False
        self._changed()

    def _search(self, text: str) -> None:
        """Show the organs whose name, or another name for them, holds every word of ``text``."""
        words = text.lower().split()
        for name, item in self._items.items():
            item.setHidden(not all(word in self._words[name] for word in words))
        for heading in self._headings.values():
            children = [heading.child(n) for n in range(heading.childCount())]
            heading.setHidden(all(item.isHidden() for item in children))
            heading.setExpanded(bool(words) or len(self._items) <= FEW)

    def _on_item_changed(self, _item, _column) -> None:
        if not self._quiet:
            self._changed()


def _button(ui, group: str):
    return getattr(ui, f"{group}Button")


def _grouped(organs: dict[str, Organ]) -> Iterator[tuple[str, list[str]]]:
    """Parts of the body and the names of their organs, in the catalogue's order; the unknown at the end."""
    for group, members in groups().items():
        if names := [name for name in members if name in organs]:
            yield group, names
    if others := sorted(organs.keys() - catalogue().keys()):
        yield "other", others


def _item(heading, organ: Organ, checked: bool):
    item = qt.QTreeWidgetItem(heading)
    item.setText(0, _(organ.title))
    item.setToolTip(0, _(organ.code.meaning))
    item.setFlags(qt.Qt.ItemIsUserCheckable | qt.Qt.ItemIsEnabled)
    item.setCheckState(0, _state(checked))
    return item


def _words(organ: Organ) -> str:
    return " ".join([_(organ.title), _(organ.code.meaning), *synonyms().get(organ.name, ())]).lower()


def _state(checked: bool):
    return qt.Qt.Checked if checked else qt.Qt.Unchecked
