"""Tests of the Slicer module run in the Slicer-like environment; without its packages they are skipped."""

from __future__ import annotations

from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

pytest.importorskip("slicer_core", reason="install the extra slicer-test")
pytest.importorskip("PySide6", reason="install the extra slicer-test")

from Testing.slicer_environment import launch
from Testing.slicer_environment.uncaught import uncaught_exceptions


@pytest.fixture(scope="session")
def application() -> ModuleType:
    """``slicer`` with the application running."""
    return launch()


@pytest.fixture
def slicer(application: ModuleType) -> Iterator[Any]:
    """``slicer`` with an empty scene; what slots and observers raise fails the test."""
    application.mrmlScene.Clear()
    with uncaught_exceptions() as raised:
        yield application
        application.app.processEvents()
    assert raised == []
    application.mrmlScene.Clear()
