"""From a DICOM series to closed surfaces at one click, without blocking Slicer's event loop."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("ORGANSEG_TEST_DATA", ROOT.parent / "shared" / "data"))
SERIES = DATA / "dicom" / "ts_reference_2"
TICK_MS, BLOCKED_SECONDS, ATTEMPTS = 5, 0.1, 3


@pytest.fixture
def panel(slicer: Any) -> Iterator[Any]:
    """OrganSeg's panel with the series loaded."""
    from OrganSegLib.model import installed_models

    from Testing.slicer_environment.dicom import load_dicom_series
    from Testing.slicer_environment.self_test import load_module

    if not SERIES.is_dir():
        pytest.skip(f"{SERIES} is not there")
    if not installed_models():
        pytest.skip("no model is installed")
    volume = load_dicom_series(SERIES)
    widget = load_module(ROOT / "OrganSeg" / "OrganSeg.py")
    assert widget.ui.inputSelector.currentNode() is volume
    yield widget
    slicer.app.moduleManager().unload("OrganSeg")


def click_and_wait(slicer: Any, panel: Any) -> tuple[float, float]:
    """Seconds from click to result, and the longest pause of the event loop while the child worked."""
    import qt
    from PySide6.QtTest import QTest

    ticks: list[float] = []
    timer = qt.QTimer()
    timer.setInterval(TICK_MS)
    timer.connect("timeout()", lambda: ticks.append(time.monotonic()))
    began = time.monotonic()
    QTest.mouseClick(panel.ui.segmentButton, qt.Qt.LeftButton)
    assert panel.logic.busy
    timer.start()
    while panel.logic.busy:
        slicer.app.processEvents()
        time.sleep(0.001)
    timer.stop()
    took = time.monotonic() - began
    return took, max(later - earlier for earlier, later in pairwise(ticks))


def test_one_click_makes_surfaces_and_never_blocks(slicer: Any, panel: Any) -> None:
    import vtk

    pauses = []
    for _ in range(ATTEMPTS):
        took, pause = click_and_wait(slicer, panel)
        pauses.append(pause)
        print(f"one click: {took:.2f} s, longest pause of the event loop {pause * 1000:.0f} ms")
        if pause < BLOCKED_SECONDS:
            break
    # A busy machine stops any process now and then, but not each time.
    assert min(pauses) < BLOCKED_SECONDS
    node = panel.ui.segmentationSelector.currentNode()
    assert node is not None, panel.ui.statusLabel.text
    assert node.GetDisplayNode().GetVisibility3D()
    surface = vtk.vtkPolyData()
    assert node.GetClosedSurfaceRepresentation(node.GetSegmentation().GetNthSegmentID(0), surface)
    assert surface.GetNumberOfPoints() > 0
