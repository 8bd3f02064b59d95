"""The panel's checklist with many organs: parts of the body, presets, search."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from OrganSegLib.importers.labels import organs_of
from OrganSegLib.organs import catalogue, groups

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def panel(slicer: Any) -> Any:
    """The panel's widgets."""
    widget = slicer.util.loadUI(str(ROOT / "OrganSeg" / "Resources" / "UI" / "OrganSeg.ui"))
    ui = slicer.util.childWidgetVariables(widget)
    ui.keep = widget
    return ui


@pytest.fixture
def heard() -> list[str]:
    """One entry for each time that the user changed something."""
    return []


@pytest.fixture
def fill(panel: Any, heard: list[str]) -> Callable[..., Any]:
    """Fills the list with organs of these names; returns it."""
    from OrganSegSlicer.organ_list import OrganList

    listed = OrganList(panel, lambda: heard.append("changed"))

    def filled(names: Any, skipped: tuple[str, ...] = ()) -> OrganList:
        listed.fill(organs_of(dict(enumerate(names, 1))).values(), skipped)
        return listed

    return filled


def _shown(panel: Any) -> dict[str, list[str]]:
    tree = panel.organList
    headings = [tree.topLevelItem(n) for n in range(tree.topLevelItemCount)]
    return {
        heading.text(0): [
            heading.child(n).text(0) for n in range(heading.childCount()) if not heading.child(n).isHidden()
        ]
        for heading in headings
        if not heading.isHidden()
    }


def test_organs_stand_under_parts_of_the_body_in_their_order(panel: Any, fill: Any) -> None:
    fill(["vertebrae_T10", "aorta", "vertebrae_T9", "liver", "widget", "anything"])
    assert _shown(panel) == {
        "Abdomen": ["Liver"],
        "Vessels": ["Aorta"],
        "Spine": ["Vertebrae T9", "Vertebrae T10"],
        "Other": ["Anything", "Widget"],
    }


def test_all_organs_fit_in(panel: Any, fill: Any) -> None:
    listed = fill(catalogue())
    assert listed.checked() == [name for names in groups().values() for name in names]
    assert not panel.organList.topLevelItem(0).isExpanded()
    assert len(_shown(panel)) == len(groups())


def test_few_organs_are_seen_at_once(panel: Any, fill: Any) -> None:
    fill(["liver", "aorta"])
    assert panel.organList.topLevelItem(0).isExpanded()


def test_what_was_left_out_stays_unchecked(fill: Any, heard: list[str]) -> None:
    listed = fill(["liver", "aorta", "spleen"], ("aorta",))
    assert (listed.checked(), listed.skipped()) == (["spleen", "liver"], ["aorta"])
    assert heard == []


def test_a_part_of_the_body_is_checked_as_a_whole(panel: Any, fill: Any, heard: list[str]) -> None:
    import qt

    listed = fill(["liver", "spleen", "aorta"])
    panel.organList.topLevelItem(0).setCheckState(0, qt.Qt.Unchecked)
    assert listed.checked() == ["aorta"]
    assert heard


@pytest.mark.parametrize("group", groups())
def test_a_preset_checks_its_part_and_no_other(group: str, panel: Any, fill: Any, heard: list[str]) -> None:
    listed = fill(catalogue())
    getattr(panel, f"{group}Button").click()
    assert listed.checked() == list(groups()[group])
    panel.noneButton.click()
    assert listed.checked() == []
    panel.allButton.click()
    assert listed.skipped() == []
    assert heard == ["changed"] * 3


def test_presets_without_organs_are_hidden(panel: Any, fill: Any) -> None:
    fill(["liver", "aorta"])
    hidden = {group for group in groups() if getattr(panel, f"{group}Button").isHidden()}
    assert hidden == set(groups()) - {"abdomen", "vessels"}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("liv", {"Abdomen": ["Liver"]}),
        ("left kid", {"Abdomen": ["Kidney left", "Kidney cyst left"]}),
        ("ivc", {"Vessels": ["Inferior vena cava"]}),
        ("clavicle right", {"Bones": ["Clavicula right"]}),
        ("nothing of that kind", {}),
    ],
)
def test_search(text: str, found: dict[str, list[str]], panel: Any, fill: Any) -> None:
    fill(catalogue())
    panel.searchBox.text = text
    assert _shown(panel) == found
    assert all(panel.organList.topLevelItem(n).isExpanded() for n in range(panel.organList.topLevelItemCount))
    panel.searchBox.text = ""
    assert sum(map(len, _shown(panel).values())) == len(catalogue())
