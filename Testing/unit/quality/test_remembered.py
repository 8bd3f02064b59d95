"""Doubts of the network outlive a session, and end with the organ that they were about."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from OrganSegLib.pipeline import Segmentation
from OrganSegLib.quality import OrganTrust
from OrganSegLib.quality.remembered import recall, remember
from OrganSegLib.quality.uncertainty import EXPERIMENTAL, UNCERTAIN

from Testing.unit.shapes import two_organs


@pytest.fixture
def found() -> Segmentation:
    return Segmentation.of(*two_organs(), {})


def doubted(found: Segmentation) -> list[OrganTrust]:
    """As after a run of a network that was unsure of the kidney."""
    return [
        replace(organ, entropy=0.2, border_entropy=0.3)
        if organ.name != "kidney_left"
        else replace(organ, flags=(UNCERTAIN, EXPERIMENTAL, *organ.flags), entropy=0.6, border_entropy=0.7)
        for organ in found.trust
    ]


def test_doubts_come_back_through_json(found: Segmentation) -> None:
    kept = json.loads(json.dumps(remember(found.measurements, doubted(found))))
    assert set(kept) == {"liver", "kidney_left"}  # spleen and aorta were not found
    again = recall(kept, found.measurements, found.trust)
    assert again[:2] == doubted(found)[:2]
    assert again[2:] == found.trust[2:]


def test_an_edit_ends_them(found: Segmentation) -> None:
    kept = remember(found.measurements, doubted(found))
    moved = np.roll(found.labelmap.voxels, 1, axis=2)  # as many voxels, but others
    voxels = np.where(found.labelmap.voxels == 1, 1, np.where(moved == 2, 2, 0)).astype(np.uint8)
    edited = Segmentation.of(found.scan, replace(found.labelmap, voxels=voxels), {})
    liver, kidney, *_ = recall(kept, edited.measurements, edited.trust)
    assert liver.entropy == 0.2
    assert kidney.entropy is None
    assert UNCERTAIN not in kidney.flags


def test_nothing_remembered_changes_nothing(found: Segmentation) -> None:
    assert remember(found.measurements, found.trust) == {}
    assert recall({}, found.measurements, found.trust) == found.trust
