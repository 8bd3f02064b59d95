"""Cross-sections against the voxels, and what is drawn of them."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from OrganSegLib.cross_sections import (
    ROW_IN,
    CrossSections,
    Section,
    cross_sections,
    draw,
    figure,
    write_csv,
)
from OrganSegLib.organs import organ_named
from OrganSegLib.volume import Grid, Labelmap

from Testing.unit.shapes import DIRECTIONS, ORGANS, positions, two_organs


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_areas_are_voxels_times_their_area_in_the_plane(direction: str) -> None:
    _, labelmap = two_organs(direction)
    found = cross_sections(labelmap)
    assert list(found.areas_mm2) == [1, 2]
    for label, areas in found.areas_mm2.items():
        inside = labelmap.voxels == label
        assert areas == pytest.approx(inside.sum(axis=(1, 2)) * 4.0)
        assert areas.sum() * 4.0 == pytest.approx(inside.sum() * 16.0)
        shown = areas[areas > 0]
        section = found.section(label)
        assert (section.slices, section.max_mm2) == (len(shown), shown.max())
        assert section.mean_mm2 == pytest.approx(shown.mean())
        assert section.sd_mm2 == pytest.approx(shown.std(ddof=1))


@pytest.mark.parametrize(
    ("direction", "axis", "towards"),
    [("straight", 2, "head"), ("flipped", 2, "head"), ("left-handed", 2, "head"), ("sagittal", 0, "left")],
)
def test_positions_are_patient_coordinates(direction: str, axis: int, towards: str) -> None:
    _, labelmap = two_organs(direction)
    found = cross_sections(labelmap)
    assert found.towards == towards
    assert found.positions_mm == pytest.approx(positions(labelmap.grid)[:, 0, 0, axis])


def test_positions_on_a_tilted_axis_are_those_along_it() -> None:
    _, labelmap = two_organs("oblique")
    found = cross_sections(labelmap)
    normal = np.reshape(DIRECTIONS["oblique"], (3, 3))[:, 2]
    assert found.towards == "head"
    assert np.diff(found.positions_mm) == pytest.approx(np.full(19, 4.0))
    everywhere = positions(labelmap.grid) @ normal  # the same all over a slice
    assert everywhere == pytest.approx(
        np.broadcast_to(found.positions_mm[:, None, None], labelmap.grid.shape)
    )


def test_one_slice_has_no_standard_deviation() -> None:
    grid = Grid((4, 4, 4), (0.5, 0.5, 2.0))
    labels = np.zeros(grid.shape, np.uint8)
    labels[2, 1, 1:3] = 1
    assert cross_sections(Labelmap(labels, grid, ORGANS)).section(1) == Section(1, 0.5, None, 0.5)


def test_slices_inside_an_organ_that_do_not_show_it_do_not_count() -> None:
    grid = Grid((4, 4, 5), (1.0, 1.0, 1.0))
    labels = np.zeros(grid.shape, np.uint8)
    labels[0, 0, :2], labels[4, 0, :4] = 1, 1
    assert cross_sections(Labelmap(labels, grid, ORGANS)).section(1) == Section(
        2, 3.0, pytest.approx(2**0.5), 4.0
    )


def test_the_table_gives_the_organs_mean_back(tmp_path: Path) -> None:
    _, labelmap = two_organs("oblique")
    found = cross_sections(labelmap)
    write_csv(tmp_path / "a.csv", found, labelmap.organs)
    with (tmp_path / "a.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["slice", "position_mm", "name", "label", "area_mm2"]
    kidney = [row for row in rows if row["name"] == "kidney_left"]
    assert np.mean([float(row["area_mm2"]) for row in kidney]) == pytest.approx(
        found.section(2).mean_mm2, abs=0.01
    )
    first = int(np.flatnonzero(found.areas_mm2[2])[0])
    assert int(kidney[0]["slice"]) == first
    assert float(kidney[0]["position_mm"]) == pytest.approx(found.positions_mm[first], abs=1e-3)


def test_every_organ_has_a_row_with_its_name_and_numbers_the_highest_on_top() -> None:
    _, labelmap = two_organs()
    axes = figure(cross_sections(labelmap), labelmap.organs).axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["Liver", "Kidney left"]
    words = [text.get_text() for text in axes.texts]
    assert words[1].startswith("max 2.4, mean 1.")
    assert words[1].endswith("cm²")
    tops = [line.get_ydata().max() - row for row, line in enumerate(axes.lines)]
    assert tops == pytest.approx([tops[0], tops[0]])


@pytest.mark.parametrize("name", ["brachiocephalic_vein_right", "portal_vein_and_splenic_vein", "a" * 64])
def test_long_names_stay_inside_the_picture(name: str) -> None:
    _, labelmap = two_organs()
    drawn = figure(cross_sections(labelmap), {label: organ_named(name) for label in labelmap.organs})
    drawn.canvas.draw()
    for title in drawn.axes[0].get_yticklabels():
        extent = title.get_window_extent()
        assert extent.x0 >= 0
        assert extent.height < drawn.dpi * ROW_IN


@pytest.mark.parametrize("slices", [1, 5])
def test_nothing_found_draws_an_empty_axis(slices: int, recwarn: pytest.WarningsRecorder) -> None:
    from matplotlib.figure import Figure

    grid = Grid((4, 4, slices), (1.0, 1.0, 1.0))
    found = cross_sections(Labelmap(np.zeros(grid.shape, np.uint8), grid, ORGANS))
    assert found.areas_mm2 == {}
    axes = Figure().add_subplot()
    draw(axes, CrossSections(found.positions_mm, found.towards, {}), ORGANS)
    assert axes.get_xlim() == (-1.0, slices)
    assert not recwarn.list
