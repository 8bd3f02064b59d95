"""``python -m Testing.slicer_environment.sources SLICER CTK PYTHONQT QT``: has Slicer the names that we use?

The folders are checkouts of Slicer, and of CTK and PythonQt (with ``generated_cpp_515``) as that Slicer takes
them, and the headers of its Qt. Every name that the module uses and that is in none of them is printed.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import NamedTuple

from .names import names_used


class Sources(NamedTuple):
    """Where the public sources lie."""

    slicer: Path
    ctk: Path
    python_qt: Path
    qt: Path


# Objects that slicer's Python is given, and the headers of their C++ classes with those of their bases.
_OBJECTS = {
    "app": ("qSlicer*Application.h", "qSlicerBaseQTCorePythonQtDecorators.h", "qcoreapplication.h"),
    "mrmlScene": ("vtkMRMLScene.h",),
    "modules": ("SampleData.py",),
    "dicomDatabase": ("ctkDICOMDatabase.h",),
}
# Inherited by all of Qt's objects; it is no name of its own in any header of Slicer.
_OF_EVERY_OBJECT = {"connect", "disconnect"}
_MODULES = ("util", "i18n", "testing", "ScriptedLoadableModule", "parameterNodeWrapper")


@cache
def _text(folder: Path, pattern: str) -> str:
    files = sorted(path for path in folder.rglob(pattern) if path.is_file())
    return "\n".join(path.read_text(encoding="utf-8", errors="replace") for path in files)


def _has(text: str, *patterns: str) -> bool:
    return any(re.search(pattern, text) for pattern in patterns)


def _in_python_qt(name: str, sources: Sources) -> bool:
    """A class that is wrapped, one of its enum values (Qt itself may tell them), or a static method."""
    wrappers = _text(sources.python_qt, "*.h") + _text(sources.python_qt, "*_init.cpp")
    owner, _, member = name.partition(".")
    if not member:
        return _has(wrappers, rf"class PythonQtWrapper_{owner} ", rf"&{owner}::staticMetaObject")
    if _has(wrappers, rf"\b{member} = {owner}::{member}\b", rf"\bstatic_\w+_{member}\("):
        return True
    header = _text(sources.qt, f"{owner.lower()}.h")
    return any(
        _has(values, rf"\b{member}\b") for values in re.findall(r"enum \w+\s*{(.*?)}", header, re.DOTALL)
    )


def _in_headers(class_name: str, member: str, folders: Iterable[Path]) -> bool:
    header = "".join(_text(folder, f"{class_name}.h") for folder in folders)
    return _has(header, rf"class\s.*\b{class_name}\b") and (not member or _has(header, rf"\b{member}\b"))


def _in_slicer(name: str, sources: Sources) -> bool:
    owner, _, member = name.partition(".")
    if owner == "modules" and member.endswith(".logic"):
        module = f"qSlicer{member.removesuffix('.logic').capitalize()}Module"
        return _in_headers(module, "", [sources.slicer])
    if owner in _MODULES:
        python = sources.slicer / "Base" / "Python" / "slicer"
        text = _text(python, f"{owner}.py") + _text(python / owner, "*.py")
        return bool(text) and _has(text, rf"(?:def|class) {member}\b")
    if owner in _OBJECTS:
        headers = "".join(_text(folder, file) for folder in sources for file in _OBJECTS[owner])
        return not member or member in _OF_EVERY_OBJECT or _has(headers, rf"(?:\b|_){member}\b")
    return _in_headers(owner, member, [sources.slicer])


def _is_signal(name: str, sources: Sources) -> bool:
    """Declared by Qt, by the application or by a selector of nodes."""
    method, _, types = name.rstrip(")").partition("(")
    kinds = [re.escape(kind.split("::")[-1].rstrip("*")) for kind in types.split(",") if kind]
    arguments = ",".join(rf"[^,;]*\b{kind}\b[^,;]*" for kind in kinds)
    declared = rf"void {method}\({arguments or r'(?:QPrivateSignal)?'}\)"
    slicer = "".join(
        _text(sources.slicer, f"{name}.h") for name in ("qSlicerApplication", "qMRMLNodeComboBox")
    )
    return _has(_text(sources.qt, "q*.h") + slicer, declared)


def is_there(name: str, sources: Sources) -> bool:
    """Whether the sources have a name of `names_used`."""
    if "(" in name:
        return _is_signal(name, sources)
    root, _, rest = name.partition(".")
    if root == "qt":
        return _in_python_qt(rest, sources)
    return _in_headers(rest, "", [sources.ctk]) if root == "ctk" else _in_slicer(rest, sources)


def main() -> int:
    parser = argparse.ArgumentParser(description="Look for the module's names of Slicer, Qt and CTK.")
    for name in Sources._fields:
        parser.add_argument(name, type=Path)
    sources = Sources(**vars(parser.parse_args()))
    names = sorted(names_used())
    missing = [name for name in names if not is_there(name, sources)]
    print("\n".join([*missing, f"{len(names) - len(missing)} of {len(names)} names found"]))
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
