"""``python -m Testing.slicer_environment.names``: what the module uses of Slicer, into README.md."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

_ROOTS = {"slicer", "qt", "ctk"}
_MODULE = Path(__file__).resolve().parents[2] / "OrganSeg"
_OWN = ("OrganSeg.py", "OrganSegSlicer/**/*.py")
README = Path(__file__).with_name("README.md")
_BEGIN, _END = "```text names\n", "```\n"
_OLDEST = "5.10"


def _dotted(node: ast.expr) -> str | None:
    """``slicer.util.loadUI`` for the tree of that expression; None when it is no such chain."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        owner = _dotted(node.value)
        return None if owner is None else f"{owner}.{node.attr}"
    return None


def _names_in(tree: ast.Module) -> Iterator[str]:
    inner = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] in _ROOTS:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Attribute) and id(node) not in inner:
            name = _dotted(node)
            if name and name.split(".")[0] in _ROOTS:
                yield name
        elif (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr == "connect"
        ):
            signal = node.args[0] if node.args else None
            if isinstance(signal, ast.Constant) and isinstance(signal.value, str):
                yield signal.value


def _trees(module: Path) -> Iterator[ast.Module]:
    for pattern in _OWN:
        for path in sorted(module.glob(pattern)):
            yield ast.parse(path.read_text(encoding="utf-8"))


def names_used(module: Path = _MODULE) -> set[str]:
    """Dotted names, signals connected by signature, and widget classes of the .ui files."""
    names = {name for tree in _trees(module) for name in _names_in(tree)}
    for path in module.glob("Resources/UI/*.ui"):
        classes = set(re.findall(r'<widget class="(\w+)"', path.read_text(encoding="utf-8")))
        for name in classes:
            names.add(f"{'ctk' if name[0] == 'c' else 'slicer' if name[0] == 'q' else 'qt'}.{name}")
    return names


def scoped_enums(names: set[str]) -> set[str]:
    """``qt.Qt.CheckState.Checked`` and the like: PySide's way to write enum values, not PythonQt's."""
    return {name for name in names if name.startswith("qt.") and name.count(".") > 2}


def keyword_calls(trees: Iterable[ast.Module] | None = None) -> set[str]:
    """Calls of Qt and CTK with keyword arguments, which PythonQt does not take."""
    return {
        name
        for tree in (_trees(_MODULE) if trees is None else trees)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and node.keywords
        if (name := _dotted(node.func)) and name.startswith(("qt.", "ctk."))
    }


def listing() -> str:
    """One line per name, with the oldest supported Slicer: everything has to be there already."""
    names = names_used()
    width = max(map(len, names), default=0)
    return "".join(f"{name:<{width}}  {_OLDEST}\n" for name in sorted(names))


def readme_with(text: str) -> str:
    """README.md's text with its list of names brought up to date."""
    before, rest = text.split(_BEGIN)
    return before + _BEGIN + listing() + _END + rest.split(_END, 1)[1]


def main() -> int:
    README.write_text(readme_with(README.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
