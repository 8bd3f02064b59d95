"""The oracle complains about every wrong end, and about no right one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from OrganSegLib.volume import Note, Scan

from Testing.fuzz.oracle import complaint
from Testing.fuzz.sandbox import Outcome
from Testing.fuzz.study import GRID, VOXELS, Expect, Study

pytestmark = pytest.mark.fuzz

GAP = Note("input.missing_slices", "1 slice is missing.")
ERROR = {"code": "input.unreadable", "sentence": "It is damaged.", "next_step": "Copy it again."}


def study(expect: Expect, doubted: frozenset[int] = frozenset()) -> Study:
    return Study((), {}, expect, doubted=doubted)


def spoilt(*places: int) -> np.ndarray:
    voxels = VOXELS.copy()
    voxels[list(places), 3, 3] += 1
    return voxels


@pytest.mark.parametrize("expect", Expect)
def test_right_ends(expect: Expect) -> None:
    scan, error = (
        complaint(study(expect), Outcome(Scan(VOXELS, GRID))),
        complaint(study(expect), Outcome(error=ERROR)),
    )
    assert bool(scan) == (expect is Expect.REFUSED)
    assert bool(error) == (expect is Expect.READ)


@pytest.mark.parametrize(
    "outcome",
    [
        Outcome(fault="it took more than 30 s"),
        Outcome(Scan(VOXELS, GRID), printed="a warning"),
        Outcome(error={**ERROR, "code": "internal"}),
        Outcome(error={**ERROR, "next_step": ""}),
        Outcome(error={**ERROR, "sentence": "The slice of Doe is damaged."}),
        Outcome(error={**ERROR, "sentence": "The slice of \x1b[2J is damaged."}),
        Outcome(Scan(VOXELS, GRID, notes=(Note("input.x", "4711 is odd."),))),
        Outcome(Scan(VOXELS.astype(np.float32), GRID)),
        Outcome(Scan(VOXELS[1:], GRID)),
        Outcome(Scan(VOXELS, replace(GRID, spacing_mm=(np.nan, 1.0, 1.0)))),
        Outcome(Scan(VOXELS, replace(GRID, spacing_mm=(1e3, 1.0, 1.0)))),
        Outcome(Scan(VOXELS, replace(GRID, origin_mm=(1e9, 1.0, 1.0)))),
        Outcome(Scan(VOXELS, replace(GRID, direction=(1, 0, 0.5, 0, 1, 0, 0, 0, 1)))),
    ],
)
def test_ends_that_are_always_wrong(outcome: Outcome) -> None:
    assert complaint(study(Expect.PLAUSIBLE), outcome)


@pytest.mark.parametrize("expect", [Expect.READ, Expect.STANDS, Expect.VALUES])
def test_other_values_are_wrong(expect: Expect) -> None:
    assert complaint(study(expect), Outcome(Scan(spoilt(4), GRID)))


@pytest.mark.parametrize("expect", [Expect.READ, Expect.STANDS])
def test_another_place_is_wrong(expect: Expect) -> None:
    moved = replace(GRID, origin_mm=(-19.0, -10.0, 100.0))
    assert complaint(study(expect), Outcome(Scan(VOXELS, moved)))


def test_interpolated_slices_need_a_note() -> None:
    doubtful = study(Expect.STANDS, frozenset({4}))
    assert complaint(doubtful, Outcome(Scan(spoilt(4), GRID)))
    assert not complaint(doubtful, Outcome(Scan(spoilt(4), GRID, notes=(GAP,))))
    assert complaint(doubtful, Outcome(Scan(spoilt(5), GRID, notes=(GAP,))))


def test_left_out_slices_need_a_word() -> None:
    part = Scan(VOXELS[:8], replace(GRID, size=(16, 16, 8)))
    assert complaint(study(Expect.STANDS), Outcome(part))
    assert not complaint(study(Expect.STANDS), Outcome(replace(part, notes=(GAP,))))
