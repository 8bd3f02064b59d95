"""Starts a module's self-test in the two ways that Slicer does."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from .launch import launch
from .uncaught import uncaught_exceptions


def load_module(path: Path) -> Any:
    """Load a scripted module into the running application, open its panel and return its Python widget."""
    slicer = launch()
    name = path.stem
    if slicer.app.moduleManager().module(name) is None:
        slicer.app.moduleManager().load(path)
    slicer.util.selectModule(name)
    return slicer.util.getModuleWidget(name)


def run_self_test(path: Path) -> None:
    """Run the self-test of the scripted module in ``path``: unittest's discovery, then *Reload and Test*.

    Raises:
        RuntimeError: a test failed, or something raised where only Qt or VTK could have heard of it.
        AssertionError: a test failed on *Reload and Test*.
    """
    slicer = launch()
    name = path.stem
    with uncaught_exceptions() as raised:
        load_module(path)
        try:
            slicer.testing.runUnitTest([str(path.parent)], name)
            print(f"Reload and Test of {name}", file=sys.stderr)
            slicer.util.getModuleWidget(name).onReload()
            slicer.selfTests[name](msec=0)
        finally:
            slicer.app.moduleManager().unload(name)
    if raised:
        raise RuntimeError(f"{len(raised)} exceptions were lost in callbacks, the first: {raised[0]!r}")
