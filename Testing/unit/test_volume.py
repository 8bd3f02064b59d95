"""Grids and what lies on them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from OrganSegLib.volume import Grid, Labelmap, Note, Scan

TURNED = (0.8, -0.6, 0.0, 0.6, 0.8, 0.0, 0.0, 0.0, -1.0)
OBLIQUE = Grid((5, 4, 3), (0.5, 1.0, 2.0), (10.0, -20.0, 30.0), TURNED)


@given(st.tuples(*[st.integers(0, 100)] * 3))
def test_affine_is_itks(index: tuple[int, int, int]) -> None:
    image = OBLIQUE.image(np.zeros(OBLIQUE.shape, np.uint8))
    point = OBLIQUE.affine @ [*index, 1]
    assert point[:3] == pytest.approx(image.TransformIndexToPhysicalPoint(index))


def test_image_and_grid_are_inverse() -> None:
    voxels = np.arange(60, dtype=np.int16).reshape(OBLIQUE.shape)
    image = OBLIQUE.image(voxels)
    assert Grid.of(image) == OBLIQUE
    assert image.GetPixel(4, 2, 1) == voxels[1, 2, 4]


def test_image_copies_the_voxels() -> None:
    voxels = np.zeros(OBLIQUE.shape, np.int16)
    image = OBLIQUE.image(voxels)
    voxels[:] = 7
    assert image.GetPixel(0, 0, 0) == 0


def test_sizes() -> None:
    assert OBLIQUE.shape == (3, 4, 5)
    assert OBLIQUE.voxels == 60
    assert OBLIQUE.voxel_ml == pytest.approx(0.001)
    assert Grid((2048, 2048, 2048), (1, 1, 1)).voxels == 2**33


def test_a_grid_is_axial_at_the_origin_unless_told() -> None:
    assert np.array_equal(Grid((1, 1, 1), (2, 3, 4)).affine, np.diag([2, 3, 4, 1]))


def test_a_scan_needs_nothing_but_voxels_and_a_place() -> None:
    scan = Scan(np.zeros(OBLIQUE.shape, np.int16), OBLIQUE)
    assert (scan.source.format, scan.source.modality, scan.notes) == ("array", "", ())
    assert Scan(scan.voxels, OBLIQUE, notes=(Note("a.b", "C."),)).notes[0].code == "a.b"


def test_values_are_frozen() -> None:
    labelmap = Labelmap(np.zeros(OBLIQUE.shape, np.uint8), OBLIQUE, {})
    for value, name in ((OBLIQUE, "size"), (labelmap, "grid"), (Note("a", "b"), "code")):
        with pytest.raises(AttributeError):
            setattr(value, name, None)
