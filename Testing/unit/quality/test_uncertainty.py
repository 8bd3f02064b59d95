"""Where the network's doubt lies."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from OrganSegLib.measure import measure
from OrganSegLib.plan import Plan
from OrganSegLib.quality import assess
from OrganSegLib.quality.uncertainty import (
    Uncertainty,
    organ_uncertainty,
    uncertainty_volume,
)
from OrganSegLib.volume import Grid

from Testing.unit.shapes import DIRECTIONS, ball, grid_around, two_organs

LIVER = 5


def test_inside_and_border_are_told_apart(tiny_plan: Plan) -> None:
    """A cube of 4 voxels: doubt in its outermost layer, and half as much in the first layer outside."""
    labels = np.zeros((10, 10, 10), np.uint8)
    labels[3:7, 3:7, 3:7] = LIVER
    entropy = np.zeros(labels.shape, np.float32)
    entropy[2:8, 2:8, 2:8], entropy[3:7, 3:7, 3:7], entropy[4:6, 4:6, 4:6] = 0.2, 0.4, 0.0
    (found,) = organ_uncertainty(entropy, labels, tiny_plan).values()
    assert found.entropy == pytest.approx(0.4 * (64 - 8) / 64)
    assert found.border_entropy == pytest.approx(0.3)


def test_the_end_of_the_scan_is_no_border(tiny_plan: Plan) -> None:
    labels = np.zeros((6, 4, 4), np.uint8)
    labels[:3] = LIVER
    entropy = np.full(labels.shape, 0.9, np.float32)
    entropy[2:4] = 0.1
    assert organ_uncertainty(entropy, labels, tiny_plan)[LIVER].border_entropy == pytest.approx(0.1)
    labels[:] = LIVER
    assert organ_uncertainty(entropy, labels, tiny_plan)[LIVER].border_entropy == 0


@pytest.mark.parametrize(("threshold", "codes"), [(None, ()), (0.5, ()), (0.3, ("uncertain",))])
def test_an_organ_above_its_threshold_is_flagged(
    threshold: float | None, codes: tuple[str, ...], tiny_plan: Plan
) -> None:
    plan = replace(tiny_plan, uncertainty={"liver": threshold} if threshold else {})
    doubts = organ_uncertainty(np.full((4, 4, 4), 0.4, np.float32), np.full((4, 4, 4), LIVER, np.uint8), plan)
    assert tuple(flag.code for flag in doubts[LIVER].flags) == codes


def test_an_organ_that_the_model_is_weak_at_says_so(tiny_plan: Plan) -> None:
    plan = replace(tiny_plan, experimental=("liver",), uncertainty={"liver": 0.3})
    labels = np.full((4, 4, 4), LIVER, np.uint8)
    labels[2:] = next(value for value in plan.organs if value != LIVER)
    doubts = organ_uncertainty(np.full(labels.shape, 0.4, np.float32), labels, plan)
    assert [flag.code for flag in doubts.pop(LIVER).flags] == ["uncertain", "experimental"]
    (other,) = doubts.values()
    assert other.flags == ()


def test_doubts_stand_beside_the_other_reasons() -> None:
    scan, labelmap = two_organs()
    measurements = measure(scan, labelmap)
    doubts = {1: Uncertainty(0.4, 0.5, 0.3)}
    plain = {organ.name: organ for organ in assess(scan, labelmap, measurements)}
    judged = {organ.name: organ for organ in assess(scan, labelmap, measurements, doubts)}
    assert set(judged["liver"].codes) == {*plain["liver"].codes, "uncertain"}
    assert judged["liver"].level == "warning"
    assert (judged["liver"].entropy, judged["liver"].border_entropy) == (0.4, 0.5)
    assert judged["kidney_left"] == plain["kidney_left"]
    assert judged["spleen"] == plain["spleen"]


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_the_volume_lies_where_the_doubt_is(direction: str) -> None:
    """On any grid the doubtful ball is at its place in the patient; half of the scan was not looked at."""
    network = Grid((30, 28, 26), (3.0, 3.0, 3.0), (-40.0, -60.0, 260.0))
    doubtful = (8.0, -24.0, 305.0)
    entropy = np.where(ball(network, doubtful, 12.0), 0.5, 0.1).astype(np.float32)
    grid = grid_around((50.0, -20.0, 300.0), direction, size=64)
    percent = uncertainty_volume(entropy, network, grid)
    assert percent.shape == grid.shape
    assert percent.dtype == np.uint8
    assert set(np.unique(percent[ball(grid, doubtful, 8.0)])) == {50}
    wide = ball(grid, doubtful, 17.0)
    seen = ball(grid, (3.0, -19.0, 299.0), 34.0)
    assert set(np.unique(percent[seen & ~wide])) == {10}
    assert not percent[ball(grid, (95.0, -20.0, 300.0), 25.0)].any()
    points = np.argwhere(percent > 30).mean(0)[::-1]
    assert grid.affine[:3, :3] @ points + grid.affine[:3, 3] == pytest.approx(doubtful, abs=0.8)
