"""Every organ of the catalogue at once in a scene: segments, labels, statistics."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from OrganSegLib.label_files import terminology_entry
from OrganSegLib.organs import catalogue
from OrganSegLib.pipeline import Segmentation

from Testing.unit.shapes import every_organ


@pytest.fixture(scope="module")
def found() -> Segmentation:
    return Segmentation.of(*every_organ(), {}, {"notes": []})


@pytest.fixture
def node(slicer: Any, found: Segmentation) -> Any:
    """The organs as segments."""
    from OrganSegSlicer.segmentations import show_result
    from OrganSegSlicer.spaces import FLIP, vtk_matrix

    volume = slicer.util.addVolumeFromArray(
        found.scan.voxels, vtk_matrix(FLIP @ found.scan.grid.affine), "CT"
    )
    return show_result(found, volume)


def test_each_is_a_segment_with_its_code_and_colour(node: Any, found: Segmentation) -> None:
    from OrganSegSlicer.segmentations import organ_name, segments, tag

    shown = {organ_name(segment): segment for segment in segments(node).values()}
    assert list(shown) == list(catalogue())
    for label, organ in found.labelmap.organs.items():
        segment = shown[organ.name]
        assert segment.GetLabelValue() == label
        assert np.multiply(segment.GetColor(), 255) == pytest.approx(organ.colour, abs=0.5)
        assert tag(segment, segment.GetTerminologyEntryTagName()) == terminology_entry(organ)


def test_each_is_read_back_and_measured(node: Any, found: Segmentation) -> None:
    from OrganSegSlicer.labels import labelmap_of
    from OrganSegSlicer.statistics import rows_of_segments

    read = labelmap_of(node, found.scan.grid)
    assert np.array_equal(read.voxels, found.labelmap.voxels)
    assert read.organs == found.labelmap.organs
    rows = rows_of_segments(node, found.scan)
    assert [row.organ for row in rows] == list(catalogue().values())
    assert [row.measured.voxels for row in rows] == [organ.voxels for organ in found.measurements]
