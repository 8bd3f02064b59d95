"""The module uses no name that Slicer's Python lacks, and the README lists all that it uses."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path
from typing import Any

from Testing.slicer_environment import names

ROOT = Path(__file__).resolve().parents[2]


def test_the_readme_lists_every_name() -> None:
    text = names.README.read_text(encoding="utf-8")
    assert names.readme_with(text) == text, "run python -m Testing.slicer_environment.names"


def test_every_name_is_there(slicer: Any) -> None:
    import ctk
    import qt

    slicer.app.moduleManager().load(ROOT / "OrganSeg" / "OrganSeg.py")
    roots: dict[str, Any] = {"slicer": slicer, "qt": qt, "ctk": ctk}
    for name in sorted(names.names_used()):
        if "(" not in name:
            root, *attributes = name.split(".")
            thing, path = roots[root], root
            for attribute in attributes:
                path = f"{path}.{attribute}"
                there = hasattr(thing, attribute)
                thing = getattr(thing, attribute) if there else importlib.import_module(path)


def test_no_enum_value_is_written_pysides_way() -> None:
    assert names.scoped_enums(names.names_used()) == set()
    assert names.scoped_enums({"qt.Qt.CheckState.Checked", "qt.Qt.Checked"}) == {"qt.Qt.CheckState.Checked"}


def test_qt_is_called_without_keywords() -> None:
    assert names.keyword_calls() == set()
    assert names.keyword_calls([ast.parse("qt.QLabel('x', parent=None)")]) == {"qt.QLabel"}


def test_names_are_found_where_they_hide() -> None:
    tree = ast.parse(
        "from slicer.util import loadUI\n"
        "slicer.app.layoutManager().resetSliceViews()\n"
        "button.connect('clicked(bool)', f)\n"
        "x.y.z"
    )
    found = {"slicer.util.loadUI", "slicer.app.layoutManager", "clicked(bool)"}
    assert set(names._names_in(tree)) == found
