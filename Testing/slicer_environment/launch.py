"""Starts the environment: afterwards ``import slicer, qt, ctk`` work as in Slicer's Python."""

from __future__ import annotations

import ctypes
import importlib
import os
import sys
from pathlib import Path
from types import ModuleType

_HERE = Path(__file__).parent
# Slicer's scripted modules that tests use, where they lie in Slicer's repository.
_SCRIPTED_MODULES = ("SampleData", "SegmentStatistics")


def slicer_source() -> Path | None:
    """The checkout of Slicer that ``SLICER_SOURCE`` names, if it names one.

    Raises:
        FileNotFoundError: it names a folder without Slicer's Python files.
    """
    named = os.environ.get("SLICER_SOURCE")
    if not named:
        return None
    folder = Path(named).resolve()
    if not (folder / "Base" / "Python" / "slicer" / "ScriptedLoadableModule.py").is_file():
        raise FileNotFoundError(f"SLICER_SOURCE={named} is no checkout of github.com/Slicer/Slicer")
    return folder


def _add_python_files(slicer: ModuleType) -> None:
    """Give ``slicer`` the modules that slicer-core lacks: Slicer's own where a checkout is named."""
    source = slicer_source()
    if source is None:
        slicer.__path__.append(str(_HERE / "slicer_python"))
        sys.path.append(str(_HERE / "scripted_modules"))
        return
    slicer.__path__.append(str(source / "Base" / "Python" / "slicer"))
    sys.path += [str(source / "Modules" / "Scripted" / name) for name in _SCRIPTED_MODULES]


def _keep_constants_alive() -> None:
    """Give None, True and False more references than can be used up.

    PySide6 6.12 loses some when calls return them. From Python 3.12 on they are not counted; before, Python
    ends with "deallocating None" when they run out.
    """
    if sys.version_info < (3, 12):
        for constant in (None, True, False):
            ctypes.c_ssize_t.from_address(id(constant)).value += 1 << 40


def launch() -> ModuleType:
    """Start the application once for this process and return ``slicer``.

    The application holds the scene with its view nodes, the logics of Slicer's own modules and a main window;
    no module of OrganSeg is loaded yet.
    """
    if "DISPLAY" not in os.environ and "WAYLAND_DISPLAY" not in os.environ:
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from . import python_qt

    python_qt.install()
    slicer = importlib.import_module("slicer")
    if hasattr(slicer, "app"):
        return slicer
    _keep_constants_alive()
    _add_python_files(slicer)
    from . import widgets

    widgets.install(slicer)
    importlib.import_module("slicer.testing")
    from .application import start

    start(slicer)
    return slicer
