"""Does an organ end where the images show an edge?"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from OrganSegLib.field import Field
from OrganSegLib.measure import measure
from OrganSegLib.organs import catalogue
from OrganSegLib.quality import assess
from OrganSegLib.quality.edges import cut_through, edge_strength, misfit
from OrganSegLib.quality.view import OrganView, look
from OrganSegLib.volume import Grid, Labelmap, Scan

GRID = Grid((40, 40, 40), (3.0, 3.0, 3.0), (-60.0, -60.0, -60.0))
FAT, LIVER = -100, 100


def organ(name: str = "liver", radius: float = 12.0) -> tuple[Scan, Labelmap]:
    """A noisy ball in fat, which is labelled exactly."""
    inside = np.linalg.norm(np.indices(GRID.shape) - 19.5, axis=0) < radius
    noise = np.random.default_rng(0).normal(0, 15, GRID.shape)
    hu = (np.where(inside, LIVER, FAT) + noise).astype(np.int16)
    return Scan(hu, GRID), Labelmap(inside.astype(np.uint8), GRID, {1: catalogue()[name]})


def seen(scan: Scan, labelmap: Labelmap) -> OrganView:
    (found,) = measure(scan, labelmap)
    return look(scan, labelmap, found, Field.of(scan))


def halved(labelmap: Labelmap, axis: int, keep: slice) -> Labelmap:
    voxels = np.zeros_like(labelmap.voxels)
    part = tuple(keep if n == axis else slice(None) for n in range(3))
    voxels[part] = labelmap.voxels[part]
    return replace(labelmap, voxels=voxels)


@pytest.mark.parametrize(
    ("axis", "keep", "face"),
    [
        (0, slice(18, None), "lower"),
        (0, slice(None, 22), "upper"),
        (1, slice(18, None), "front"),
        (2, slice(None, 22), "left"),
    ],
)
def test_a_plane_through_tissue_that_goes_on_is_a_cut(axis: int, keep: slice, face: str) -> None:
    scan, labelmap = organ()
    assert cut_through(seen(scan, halved(labelmap, axis, keep)), "parenchyma", GRID) == [face]


def test_a_natural_end_is_no_cut() -> None:
    assert cut_through(seen(*organ()), "parenchyma", GRID) == []


def test_a_flat_end_at_an_edge_of_the_images_is_no_cut() -> None:
    scan, labelmap = organ()
    half = halved(labelmap, 0, slice(20, None))
    there = np.where(half.voxels > 0, scan.voxels, np.int16(FAT))
    assert cut_through(seen(Scan(there, GRID), half), "parenchyma", GRID) == []


def test_a_neighbour_s_label_or_the_end_of_the_scan_is_no_cut() -> None:
    scan, labelmap = organ()
    half = halved(labelmap, 0, slice(20, None))
    neighbour = np.where(half.voxels != labelmap.voxels, 2, half.voxels).astype(np.uint8)
    found = measure(scan, half)[0]
    view = look(scan, replace(half, voxels=neighbour), found, Field.of(scan))
    assert cut_through(view, "parenchyma", GRID) == []
    ended = replace(GRID, size=(40, 40, 20), origin_mm=(-60.0, -60.0, 0.0))
    rest = Scan(scan.voxels[20:], ended), replace(half, voxels=half.voxels[20:], grid=ended)
    assert cut_through(seen(*rest), "parenchyma", ended) == []


def test_bones_have_flat_faces_by_nature() -> None:
    scan, labelmap = organ("spine")
    assert cut_through(seen(scan, halved(labelmap, 0, slice(20, None))), "bone", GRID) == []


def test_a_tube_ends_abruptly_where_nothing_else_tells_where_it_should() -> None:
    scan, labelmap = organ("aorta")
    (judged,) = assess(scan, cut := halved(labelmap, 0, slice(20, None)), measure(scan, cut))
    assert "incomplete" in judged.codes


def test_an_outline_without_an_edge_is_a_misfit() -> None:
    """As of a kidney that a network invented in the liver."""
    scan, labelmap = organ(radius=18.0)
    inside = np.linalg.norm(np.indices(GRID.shape) - 19.5, axis=0) < 9
    invented = replace(labelmap, voxels=inside.astype(np.uint8), organs={1: catalogue()["kidney_left"]})
    view = seen(scan, invented)
    assert edge_strength(view) == pytest.approx(1.0, abs=0.1)
    (flag,) = misfit(view, "parenchyma")
    assert (flag.code, flag.level) == ("misfit", "warning")
    assert "misfit" in assess(scan, invented, measure(scan, invented))[0].codes


def test_an_organ_with_an_edge_fits() -> None:
    view = seen(*organ())
    assert edge_strength(view) > 5
    assert misfit(view, "parenchyma") == []


def test_nothing_is_said_of_a_few_voxels() -> None:
    scan, labelmap = organ(radius=1.5)
    assert edge_strength(seen(scan, labelmap)) == float("inf")
