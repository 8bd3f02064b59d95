"""A scan with its organs as an animated GIF, from feet to head."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray
from OrganSegLib.organs import Organ
from OrganSegLib.picture import FILL_OPACITY, WINDOW_HU
from OrganSegLib.volume import Labelmap, Scan
from PIL import Image

LONGER_SIDE, MOST_FRAMES, FRAME_MS = 320, 120, 80


def write_animation(path: Path, scan: Scan, labelmap: Labelmap) -> None:
    """Write a GIF of the axial slices in true proportions, with the patient's right on the left.

    Long scans are shown in every second, third ... slice.
    """
    hu = sitk.DICOMOrient(scan.grid.image(scan.voxels), "LPS")
    labels = sitk.DICOMOrient(labelmap.grid.image(labelmap.voxels), "LPS")
    x, y = (n * mm for n, mm in zip(hu.GetSize()[:2], hu.GetSpacing()[:2], strict=True))
    scale = LONGER_SIDE / max(x, y)
    size = max(1, round(x * scale)), max(1, round(y * scale))
    step = -(-hu.GetSize()[2] // MOST_FRAMES)
    pairs = zip(
        sitk.GetArrayViewFromImage(hu)[::step], sitk.GetArrayViewFromImage(labels)[::step], strict=True
    )
    first, *others = [Image.fromarray(overlay(*pair, labelmap.organs)).resize(size) for pair in pairs]
    first.save(path, format="GIF", save_all=True, append_images=others, duration=FRAME_MS, loop=0)


def overlay(hu: NDArray[Any], labels: NDArray[Any], organs: Mapping[int, Organ]) -> NDArray[np.uint8]:
    """Soft-tissue grey with the organs' colours over it, (rows, columns, RGB)."""
    low, high = WINDOW_HU
    grey = np.clip((np.asarray(hu, np.float32) - low) / (high - low), 0, 1) * 255
    colours = np.zeros((max(organs, default=0) + 1, 3), np.float32)
    for value, organ in organs.items():
        colours[value] = organ.colour
    opacity = np.where(labels > 0, FILL_OPACITY, 0)[..., None]
    return np.asarray(grey[..., None] * (1 - opacity) + colours[labels] * opacity, np.uint8)
