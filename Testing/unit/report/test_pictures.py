"""The report's pictures: they fit the page, share a scale, and carry the organs' numbers."""

from __future__ import annotations

import io

import numpy as np
import pytest
from numpy.typing import NDArray
from OrganSegLib.cross_sections import cross_sections
from OrganSegLib.pipeline import Segmentation
from OrganSegLib.report import pictures
from OrganSegLib.report.content import WIDTH_MM, Picture
from OrganSegLib.volume import Labelmap, Scan
from PIL import Image

from Testing.unit.shapes import two_organs


def _pixels(picture: Picture) -> NDArray[np.uint8]:
    return np.asarray(Image.open(io.BytesIO(picture.png)).convert("RGB"))


def _slab() -> Segmentation:
    """Two slices only."""
    scan, labelmap = two_organs()
    grid = type(scan.grid)((40, 40, 2), scan.grid.spacing_mm, scan.grid.origin_mm)
    return Segmentation.of(
        Scan(scan.voxels[9:11], grid), Labelmap(labelmap.voxels[9:11], grid, labelmap.organs)
    )


def test_slices_stand_in_a_row_of_one_height(found: Segmentation) -> None:
    (row,) = pictures.slices(found).rows
    assert [picture.caption.split(",")[0] for picture in row] == ["Axial", "Coronal", "Sagittal"]
    assert len({picture.height_mm for picture in row}) == 1
    assert sum(picture.width_mm for picture in row) <= WIDTH_MM
    assert "Liver" in row[0].alt
    for picture in row:
        height, width, _ = _pixels(picture).shape
        assert width / height == pytest.approx(picture.width_mm / picture.height_mm, rel=0.02)


def test_strips_of_a_slab_stand_below_each_other() -> None:
    rows = pictures.slices(_slab()).rows
    assert [len(row) for row in rows] == [1, 1, 1]
    assert all(picture.width_mm <= WIDTH_MM + 0.01 for (picture,) in rows)


@pytest.mark.parametrize("slab", [False, True])
def test_the_four_sides_share_a_scale(slab: bool, found: Segmentation) -> None:
    rows = pictures.sides((_slab() if slab else found).labelmap).rows
    front, back, left, right = (picture for row in rows for picture in row)
    assert (front.width_mm, left.width_mm) == pytest.approx((back.width_mm, right.width_mm), abs=0.3)
    assert all(sum(picture.width_mm for picture in row) <= WIDTH_MM for row in rows)
    shown = [(_pixels(picture).min(axis=2) < 250).any(axis=0) for picture in (front, left)]
    assert all(columns[3:-3].any() and columns[:6].any() and columns[-6:].any() for columns in shown)


def test_without_organs_there_is_no_side(found: Segmentation) -> None:
    nothing = Labelmap(np.zeros_like(found.labelmap.voxels), found.labelmap.grid, found.labelmap.organs)
    assert pictures.sides(nothing).rows == ()


def test_a_number_stands_where_an_organ_is_widest() -> None:
    labels = np.zeros((20, 30), np.uint8)
    labels[2:9, 3:10] = 4
    labels[5, 10:25] = 4
    labels[15:18, 20:23] = 2
    spots = {label: (row, column, radius) for label, row, column, radius in pictures._spots(labels)}
    assert spots[4][:2] == (5, 6)
    assert spots[2] == (16, 21, 2.0)
    assert spots.keys() == {2, 4}


def test_areas_along_the_body_come_in_pictures_that_fit_a_page(
    found: Segmentation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "MOST_ROWS", 1)
    rows = pictures.sections(cross_sections(found.labelmap), found.labelmap.organs).rows
    assert [picture.alt for (picture,) in rows] == [
        "Areas along the body of: Liver.",
        "Areas along the body of: Kidney left.",
    ]
