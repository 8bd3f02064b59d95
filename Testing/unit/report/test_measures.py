"""Tables of shapes, sides and distances."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from OrganSegLib.organs import catalogue
from OrganSegLib.pipeline import Segmentation
from OrganSegLib.proximity import Proximity, Target, measure_proximity
from OrganSegLib.report.content import Prose, Table
from OrganSegLib.report.measures import distance_blocks, further_blocks
from OrganSegLib.volume import Labelmap


@pytest.fixture(scope="module")
def proximity(found: Segmentation) -> Proximity:
    """A ball of 5 mm in the middle of the liver, which has 14."""
    return measure_proximity(
        found.labelmap, Target.of_point((-8.0, -20.0, 300.0), 5.0, "lesion"), [4.0, 12.0]
    )


def _tables(blocks: list) -> list[Table]:
    return [block for block in blocks if isinstance(block, Table)]


def _texts(blocks: list) -> str:
    return " ".join(block.text for block in blocks if isinstance(block, Prose))


def test_shapes_of_the_organs_that_were_found(found: Segmentation) -> None:
    blocks = list(further_blocks(found))
    (shapes, *_) = _tables(blocks)
    assert [row[0] for row in shapes.rows] == ["Liver", "Kidney left"]
    assert float(shapes.rows[0][2]) == pytest.approx(28, abs=3)
    assert float(shapes.rows[0][4]) == pytest.approx(1, abs=0.1)
    assert "Fat in the liver: not told. Fat is only told without contrast" in _texts(blocks)


def test_both_sides_and_fat_of_a_scan_without_contrast(found: Segmentation) -> None:
    organs = dict(enumerate((catalogue()[name] for name in ("liver", "kidney_left", "kidney_right")), 1))
    labels = np.zeros(found.labelmap.voxels.shape, np.uint8)
    labels[12:18, 20:30, 10:20] = 1
    labels[5:10, 5:10, 5:9] = 2
    labels[5:10, 5:10, 20:28] = 3
    scan = replace(found.scan, voxels=np.full(labels.shape, 40, np.int16))
    blocks = list(further_blocks(Segmentation.of(scan, Labelmap(labels, scan.grid, organs))))
    _, sides = _tables(blocks)
    assert sides.rows == (("Kidney", "2", "3", "0.50", ""),)
    assert "Fat in the liver: 15 %" in _texts(blocks)


def test_distances_nearest_first(found: Segmentation, proximity: Proximity) -> None:
    blocks = list(distance_blocks(proximity, found, named=True))
    distances, margins = _tables(blocks)
    liver, kidney = distances.rows
    assert (liver[0], liver[1], liver[-1]) == ("Liver", "0.0", "overlapping")
    assert kidney[0] == "Kidney left"
    assert float(kidney[1]) == pytest.approx(34.5 - 5 - 9, abs=2)
    assert "lesion, 0." in _texts(blocks)
    assert margins.header == ("Safety margin", "Within 4 mm", "Remains", "Within 12 mm", "Remains")
    assert [row[0] for row in margins.rows] == ["Liver"]
    within, remains = (float(cell.split()[0]) for cell in margins.rows[0][1:3])
    assert within + remains == pytest.approx(found.measurements[0].volume_ml, abs=0.1)
    assert "reach out of the liver: 12 mm." in _texts(blocks)


def test_distances_on_other_labels_are_left_out(found: Segmentation, proximity: Proximity) -> None:
    grown = replace(found.measurements[0], volume_ml=found.measurements[0].volume_ml + 0.1)
    other = replace(found, measurements=[grown, *found.measurements[1:]])
    (block,) = distance_blocks(proximity, other, named=True)
    assert "other labels" in _texts([block])


def test_a_target_s_own_name_is_left_out_without_identity(found: Segmentation, proximity: Proximity) -> None:
    assert "lesion" not in _texts(list(distance_blocks(proximity, found, named=False)))
    organ = replace(proximity, target="spleen")
    assert "Target: Spleen" in _texts(list(distance_blocks(organ, found, named=False)))
