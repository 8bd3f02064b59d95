"""Areas in true mm2 on any grid, and masks that carry the slices' names."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from organseg_training.native_slices import NativeSlices, areas_mm2, write_areas, write_masks
from OrganSegLib.organs import organ_named
from OrganSegLib.volume import Grid, Labelmap, Scan, Source
from PIL import Image

C, S = np.cos(0.4), np.sin(0.4)
GRIDS = {  # direction -> array axis across the slices
    "axial": ((1, 0, 0, 0, 1, 0, 0, 0, 1), 0),
    "tilted": ((1, 0, 0, 0, C, -S, 0, S, C), 0),
    "turned": ((C, -S, 0, S, C, 0, 0, 0, -1), 0),
    "sagittal": ((0, 0, 1, 1, 0, 0, 0, -1, 0), 1),
}


@pytest.mark.parametrize("kind", GRIDS)
def test_area_is_that_of_the_pixels_of_the_slice_itself(kind):
    direction, axis = GRIDS[kind]
    grid = Grid((12, 10, 8), (0.7, 1.1, 2.5), direction=tuple(map(float, direction)))
    voxels = np.zeros(grid.shape, np.uint8)
    stack = np.moveaxis(voxels, axis, 0)
    stack[2, 1:4, 1:6] = 1  # 15 pixels
    stack[3, 1:3, 1:3] = 1  # 4 pixels
    labelmap = Labelmap(voxels, grid, {1: organ_named("liver"), 2: organ_named("spleen")})
    slices = NativeSlices.of(Scan(voxels, grid))
    areas = {organ.name: area for organ, area in areas_mm2(labelmap, slices).items()}
    pixel = {0: 0.7 * 1.1, 1: 0.7 * 2.5}[axis]
    assert slices.axis == axis
    assert areas["liver"][[1, 2, 3, 4]] == pytest.approx([0, 15 * pixel, 4 * pixel, 0])
    thickness = grid.spacing_mm[2 - axis] / 1000
    assert areas["liver"].sum() * thickness == pytest.approx(19 * grid.voxel_ml)
    assert not areas["spleen"].any()


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_tables_have_each_slice_and_mean_and_sd_of_those_that_show_it(tmp_path):
    grid = Grid((4, 4, 3), (2.0, 2.0, 5.0), (0.0, 0.0, 100.0))
    voxels = np.zeros(grid.shape, np.uint8)
    voxels[0, 0, :2], voxels[1, :2, :2] = 1, 1
    files = ("a/IM.0003", "a/IM.0002", "a/IM.0001")
    slices = NativeSlices.of(Scan(voxels, grid, Source("a", "DICOM", files=files)))
    labelmap = Labelmap(voxels, grid, {1: organ_named("liver"), 2: organ_named("spleen")})
    write_areas(tmp_path, areas_mm2(labelmap, slices), slices)
    table = rows(tmp_path / "areas.csv")
    assert [row["slice"] for row in table] == ["IM.0003", "IM.0002", "IM.0001"]
    assert [row["liver_mm2"] for row in table] == ["8.0", "16.0", "0.0"]
    assert [row["position_mm"] for row in table] == ["100.0", "105.0", "110.0"]
    liver, spleen = rows(tmp_path / "areas_summary.csv")
    assert (liver["slices"], liver["mean_mm2"], liver["sd_mm2"]) == ("2", "12.0", "5.66")
    assert (spleen["slices"], spleen["mean_mm2"], spleen["sd_mm2"]) == ("0", "", "")


def test_masks_hold_the_label_values_and_show_colours(tmp_path):
    voxels = np.random.default_rng(0).integers(0, 3, (2, 5, 6), np.uint8)
    colours = {1: (255, 0, 0), 2: (0, 0, 255)}
    for kind in ("png", "npy"):
        write_masks(tmp_path, voxels, ("one", "two"), colours, kind)
    image = Image.open(tmp_path / "two.png")
    np.testing.assert_array_equal(np.asarray(image), voxels[1])
    np.testing.assert_array_equal(np.load(tmp_path / "two.npy"), voxels[1])
    shown = np.asarray(image.convert("RGB"))
    assert {tuple(map(int, c)) for c in shown[voxels[1] == 2]} == {(0, 0, 255)}
