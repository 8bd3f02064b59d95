"""Distances asked of the child while target and organs change."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from OrganSegLib import protocol
from OrganSegLib.errands import distances
from OrganSegLib.errands.distances import Aim, Distances, Measuring, distances_request, get_distances
from OrganSegLib.errors import InputError
from OrganSegLib.proximity import Target, margin_mask, measure_proximity
from OrganSegLib.volume import Labelmap

from Testing.unit.shapes import ball, two_organs

RADII = [6.0, 3.0]


@pytest.fixture
def labels() -> Labelmap:
    return two_organs("oblique")[1]


@pytest.fixture
def lesion(labels: Labelmap) -> Aim:
    return Aim("lesion", ball(labels.grid, (0.0, -20.0, 300.0), 5.0), labels.grid)


def ask(
    child: Measuring, folder: Path, labels: Labelmap | None, aim: Aim, margins: list[float] = RADII
) -> Distances:
    """As over a pipe: the request as a line, the answer as a line."""
    line = protocol.encode(distances_request(1, folder, labels, aim, margins))
    (request,) = protocol.Decoder().feed(line)
    (answer,) = protocol.Decoder().feed(protocol.encode(child.answer(request)))
    return get_distances(answer, folder)


def test_the_child_finds_what_the_engine_finds(tmp_path: Path, labels: Labelmap, lesion: Aim) -> None:
    found = ask(Measuring(), tmp_path, labels, lesion)
    assert lesion.mask is not None
    target = Target.of_mask(lesion.mask, labels.grid, "lesion")
    assert found.proximity == measure_proximity(labels, target, RADII)


def test_margins_come_as_rings_on_their_own_grid(tmp_path: Path, labels: Labelmap, lesion: Aim) -> None:
    found = ask(Measuring(), tmp_path, labels, lesion)
    assert lesion.mask is not None
    target = Target.of_mask(lesion.mask, labels.grid)
    for number, mm in enumerate(sorted(RADII), 1):
        whole = margin_mask(target, labels.grid, mm)
        ring = (found.margins > 0) & (found.margins <= number)
        assert np.count_nonzero(whole) == np.count_nonzero(ring)
        places = [
            np.argwhere(mask)[:, ::-1].mean(axis=0) @ grid.affine[:3, :3].T + grid.affine[:3, 3]
            for mask, grid in ((whole, labels.grid), (ring, found.grid))
        ]
        assert places[0] == pytest.approx(places[1], abs=1e-6)


def test_a_point_is_a_target(tmp_path: Path, labels: Labelmap) -> None:
    found = ask(Measuring(), tmp_path, labels, Aim("F-1", point_mm=(-8.0, -20.0, 300.0)))
    assert (found.proximity.target, found.proximity.target_ml) == ("F-1", 0.0)
    assert found.proximity.organs[0].status == "overlapping"


def test_labels_are_kept_and_only_changed_organs_made_anew(
    tmp_path: Path, labels: Labelmap, lesion: Aim, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[set[int]] = []
    whole = distances._surfaces

    def watched(labels: Labelmap, wanted: set[int]) -> object:
        made.append(wanted)
        return whole(labels, wanted)

    monkeypatch.setattr(distances, "_surfaces", watched)
    child = Measuring()
    first = ask(child, tmp_path, labels, lesion)
    again = ask(child, tmp_path, None, lesion)
    assert again.proximity == first.proximity
    smaller = labels.voxels.copy()
    smaller[(smaller == 2) & (np.arange(smaller.shape[2]) % 2 == 0)] = 0
    edited = replace(labels, voxels=smaller)
    found = ask(child, tmp_path, edited, lesion)
    assert made == [set(labels.organs), {2}]
    assert found.proximity == ask(Measuring(), tmp_path, edited, lesion).proximity


def test_an_organ_that_is_gone_is_absent(tmp_path: Path, labels: Labelmap, lesion: Aim) -> None:
    child = Measuring()
    ask(child, tmp_path, labels, lesion)
    without = replace(labels, voxels=np.where(labels.voxels == 2, 0, labels.voxels).astype(np.uint8))
    organs = ask(child, tmp_path, without, lesion).proximity.organs
    assert [organ.status for organ in organs][:2] == ["overlapping", "absent"]


def test_refusals_keep_their_names_and_the_labels(tmp_path: Path, labels: Labelmap, lesion: Aim) -> None:
    child = Measuring()
    with pytest.raises(InputError) as caught:
        ask(child, tmp_path, labels, Aim("far", point_mm=(900.0, 0.0, 0.0)))
    assert caught.value.code == "input.target_outside"
    assert ask(child, tmp_path, None, lesion).proximity.target == "lesion"
