"""Tests of the Slicer module run in the Slicer-like environment; without its packages they are skipped."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest


@pytest.fixture(scope="session")
def application() -> Any:
    """``slicer`` with the application running."""
    for package in ("slicer_core", "PySide6", "trame_slicer"):
        pytest.importorskip(package, reason="install the extra slicer-test")
    from Testing.slicer_environment import launch

    return launch()


@pytest.fixture
def slicer(application: Any) -> Iterator[Any]:
    """``slicer`` with an empty scene; what slots and observers raise fails the test."""
    from Testing.slicer_environment.uncaught import uncaught_exceptions

    application.mrmlScene.Clear()
    with uncaught_exceptions() as raised:
        yield application
        application.app.processEvents()
    assert raised == []
    application.mrmlScene.Clear()
