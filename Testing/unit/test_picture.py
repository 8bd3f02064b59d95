"""The overview picture: it opens, it shows the organs' colours, and it never fails for want of organs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from OrganSegLib.measure import measure
from OrganSegLib.picture import draw_overview
from OrganSegLib.surfaces import extract_surfaces
from OrganSegLib.volume import Labelmap
from PIL import Image

from Testing.unit.shapes import ORGANS, two_organs


def _near(picture: np.ndarray, colour: tuple[int, int, int]) -> np.ndarray:
    return np.argwhere(np.abs(picture.astype(int) - colour).max(axis=2) < 12)


def test_organs_are_shown_where_they_are(tmp_path: Path) -> None:
    scan, labelmap = two_organs("flipped")
    surfaces = extract_surfaces(labelmap)
    draw_overview(scan, labelmap, measure(scan, labelmap), surfaces, tmp_path / "a.png", title="A phantom")
    picture = np.asarray(Image.open(tmp_path / "a.png").convert("RGB"))
    height, width, _ = picture.shape
    axial = picture[: height // 2, : width // 2].astype(int)
    tinted = np.argwhere(np.ptp(axial, axis=2) > 40)
    assert np.ptp(tinted[:, 1]) > 100
    legend = picture[:, int(width * 0.83) :]
    for label in (1, 2):
        assert len(_near(legend, labelmap.organs[label].colour)) > 50
    for label in (3, 4):
        assert len(_near(legend, labelmap.organs[label].colour)) < 20


@pytest.mark.parametrize("organs", [ORGANS, {}])
def test_without_organs_the_scan_is_shown(organs: dict, tmp_path: Path) -> None:
    scan, labelmap = two_organs()
    nothing = Labelmap(np.zeros_like(labelmap.voxels), labelmap.grid, organs)
    draw_overview(scan, nothing, measure(scan, nothing), {}, tmp_path / "a.png")
    picture = np.asarray(Image.open(tmp_path / "a.png").convert("L"))
    assert picture[:, : picture.shape[1] // 2].max() > 100
