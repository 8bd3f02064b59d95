"""The overview picture: it opens, it shows the organs' colours, and it never fails for want of organs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from OrganSegLib.measure import OrganMeasurements, measure
from OrganSegLib.picture import MOST_ROWS, draw_overview, listed
from OrganSegLib.quality import Flag, OrganTrust
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


def test_of_very_many_organs_the_list_names_the_grave_and_the_large() -> None:
    organs = [OrganMeasurements(f"rib_{n}", n, "found", 10, float(n)) for n in range(1, 118)]
    organs += [OrganMeasurements("spleen", 200)]
    rows = listed(organs, {"rib_1": "warning", "rib_2": "note", "spleen": "warning"})
    assert len(rows) == MOST_ROWS
    assert [row.name for row in rows[:3]] == ["rib_1", "rib_2", f"rib_{117 - MOST_ROWS + 3}"]
    assert rows[-1].name == "rib_117"
    assert listed(organs[-3:], {}) == organs[-3:]


def test_organs_with_flags_are_marked_in_the_list(tmp_path: Path) -> None:
    scan, labelmap = two_organs()
    flags = {"liver": "warning", "kidney_left": "note"}
    trust = [
        OrganTrust(organ.name, label, (Flag("leaked", flags[organ.name], "It leaks."),))
        if organ.name in flags
        else OrganTrust(organ.name, label)
        for label, organ in labelmap.organs.items()
    ]
    for name, told in (("with", trust), ("without", ())):
        draw_overview(scan, labelmap, measure(scan, labelmap), {}, tmp_path / f"{name}.png", trust=told)
    with_marks, without = (
        np.asarray(Image.open(tmp_path / f"{name}.png").convert("L")).astype(int)
        for name in ("with", "without")
    )
    rows, columns = np.nonzero(np.abs(with_marks - without) > 40)
    beside = columns > with_marks.shape[1] * 0.96
    assert len(np.unique(rows[beside] // 20)) >= 2  # readable without colour, beside two organs
    assert columns.min() > with_marks.shape[1] * 0.82
