"""``python -m Testing.slicer_environment.pictures FOLDER VOLUME``: OrganSeg at work, as PNG files.

Loads the volume (a file, or the folder of a DICOM series), presses Segment in the panel, and draws the panel,
the 3D view, the slices, and all of it together as the application shows it.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import vtk
from PySide6.QtCore import QRect
from PySide6.QtGui import QColor, QImage, QPainter
from vtkmodules.util.numpy_support import vtk_to_numpy

from .dicom import load_dicom_series
from .launch import launch
from .self_test import load_module

_MODULE = Path(__file__).resolve().parents[2] / "OrganSeg" / "OrganSeg.py"
_VIEW_SIZE = (560, 476)
_BAR, _GAP = 10, 4
_BARS = {"Red": "#f34a33", "Yellow": "#edd54c", "Green": "#6eb04b", "3D": "#7474c8"}
_SOFT_TISSUE = (400, 50)
_WAIT_SECONDS = 600.0


def segment(volume: Any) -> Any:
    """Choose the volume in the panel, press Segment and wait; returns the panel's Python widget."""
    slicer = launch()
    panel = load_module(_MODULE)
    panel.ui.inputSelector.setCurrentNode(volume)
    panel.ui.segmentButton.click()
    end = time.monotonic() + _WAIT_SECONDS
    while panel.logic.busy:
        if time.monotonic() > end:
            raise TimeoutError("the segmentation takes too long")
        slicer.app.processEvents()
        time.sleep(0.02)
    if not panel.ui.segmentationSelector.currentNode():
        raise RuntimeError(f"the segmentation failed: {panel.ui.statusLabel.text}")
    return panel


def view_image(view: Any, width: int, height: int) -> QImage:
    """What an off-screen view shows, at this size."""
    view.resize(width, height)
    view.forceRender()
    grab = vtk.vtkWindowToImageFilter()
    grab.SetInput(view.renderWindow())
    grab.ReadFrontBufferOff()
    grab.Update()
    image = grab.GetOutput()
    columns, rows, _ = image.GetDimensions()
    pixels = vtk_to_numpy(image.GetPointData().GetScalars()).reshape(rows, columns, 3)[::-1]
    pixels = np.ascontiguousarray(pixels)
    return QImage(pixels.data, columns, rows, 3 * columns, QImage.Format.Format_RGB888).copy()


def panel_image(panel: Any) -> QImage:
    """The module panel, as wide as it needs."""
    slicer = launch()
    window = slicer.util.mainWindow()
    window.resize(panel.parent.minimumSizeHint().width() + 8, 2 * (_VIEW_SIZE[1] + _BAR + _GAP))
    window.show()
    for _ in range(5):
        slicer.app.processEvents()
    image: QImage = window.grab().toImage()
    return image


def views_images() -> dict[str, QImage]:
    """The views of the four-up layout, by name."""
    manager = launch().app.layoutManager()
    slices = {name: manager.sliceWidget(name).sliceView() for name in manager.sliceViewNames()}
    three_d = manager.threeDWidget(0).threeDView()
    return {name: view_image(view, *_VIEW_SIZE) for name, view in {**slices, "3D": three_d}.items()}


def together(panel: QImage, views: dict[str, QImage]) -> QImage:
    """The panel and the four views, arranged as in Slicer's window."""
    width, height = _VIEW_SIZE
    places = {"Red": (0, 0), "3D": (1, 0), "Green": (0, 1), "Yellow": (1, 1)}
    page = QImage(panel.width() + 2 * (width + _GAP), 2 * (height + _BAR + _GAP), QImage.Format.Format_RGB888)
    page.fill(QColor("#3c3c3c"))
    painter = QPainter(page)
    painter.drawImage(0, 0, panel)
    for name, (column, row) in places.items():
        left = panel.width() + _GAP + column * (width + _GAP)
        top = row * (height + _BAR + _GAP)
        painter.fillRect(QRect(left, top, width, _BAR), QColor(_BARS[name]))
        painter.drawImage(left, top + _BAR, views[name])
    painter.end()
    return page


def arrange_views(volume: Any, segmentation: Any) -> None:
    """Slices through the middle of the organs; the surfaces filling the 3D view, seen from the front."""
    slicer = launch()
    slicer.util.setSliceViewerLayers(background=volume, fit=True)
    volume.GetDisplayNode().SetAutoWindowLevel(False)
    volume.GetDisplayNode().SetWindowLevel(*_SOFT_TISSUE)
    bounds = [0.0] * 6
    segmentation.GetRASBounds(bounds)
    middle = [(low + high) / 2 for low, high in zip(bounds[::2], bounds[1::2], strict=True)]
    slicer.vtkMRMLSliceNode.JumpAllSlices(slicer.mrmlScene, *middle)
    view = slicer.app.layoutManager().threeDWidget(0).threeDView()
    view.mrmlViewNode().SetBoxVisible(False)
    view.mrmlViewNode().SetAxisLabelsVisible(False)
    view.resize(*_VIEW_SIZE)
    view.forceRender()
    view.resetFocalPoint()
    view.resetCamera()
    camera = view.renderer().GetActiveCamera()
    camera.Azimuth(15)
    camera.Elevation(10)
    camera.Zoom(1.3)


def write_pictures(folder: Path, source: Path) -> list[Path]:
    """Segment ``source`` and write the panel, the views and the window as PNG; returns their paths."""
    slicer = launch()
    folder.mkdir(parents=True, exist_ok=True)
    volume = load_dicom_series(source) if source.is_dir() else slicer.util.loadVolume(str(source))
    widget = segment(volume)
    arrange_views(volume, widget.ui.segmentationSelector.currentNode())
    panel, views = panel_image(widget), views_images()
    named = {"panel": panel, "window": together(panel, views)}
    named |= {"view-3d" if name == "3D" else f"slice-{name.lower()}": image for name, image in views.items()}
    paths = []
    for name, image in named.items():
        path = folder / f"{name}.png"
        if not image.save(str(path)):
            raise OSError(f"cannot write {path}")
        paths.append(path)
    slicer.app.moduleManager().unload("OrganSeg")
    return paths


def main() -> int:
    parser = argparse.ArgumentParser(description="Draw OrganSeg at work in Slicer's views.")
    parser.add_argument("folder", type=Path, help="where the PNG files go")
    parser.add_argument("volume", type=Path, help="a CT: a file, or the folder of a DICOM series")
    arguments = parser.parse_args()
    for path in write_pictures(arguments.folder, arguments.volume):
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
