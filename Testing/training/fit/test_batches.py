"""What the network is shown: the same in any process, and nothing blank where that is not wanted."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import torch
from organseg_training.case import Case
from organseg_training.config import Config
from organseg_training.fit.batches import Batches, known_channels

WEIGHTS = {"a": 1.0, "b": 1.0, "c": 1.0}


def test_the_shares_of_two_processes_are_the_batch_of_one(config: Config, cases: Path) -> None:
    config = config.changed(fit__batch_size=4, augmentation__enabled=True)
    whole = Batches(config, cases, WEIGHTS, 0, 0, 1)[3]
    halves = [Batches(config, cases, WEIGHTS, first, rank, 2)[3 - first] for first, rank in ((0, 0), (2, 1))]
    assert torch.equal(whole.x, torch.cat([half.x for half in halves]))
    assert torch.equal(whole.labels, torch.cat([half.labels for half in halves]))
    assert torch.equal(whole.known, torch.cat([half.known for half in halves]))
    assert whole.x.shape == (4, 1, 16, 16, 16)


def test_each_batch_takes_one_of_the_patches(config: Config, cases: Path) -> None:
    batches = Batches(
        config.changed(fit__patches=[[16, 16, 32], [32, 16, 16]], fit__batch_size=2), cases, WEIGHTS, 0, 0, 1
    )
    shapes = {tuple(batches[n].x.shape[2:]) for n in range(6)}
    assert shapes == {(32, 16, 16), (16, 16, 32)}


def test_whole_images_are_as_large_as_the_scan_and_the_multiple(
    config: Config, flat: Config, cases: Path
) -> None:
    volume = Batches(config.changed(fit__whole_images=True), cases, WEIGHTS, 0, 0, 1)[0]
    assert volume.x.shape == (1, 1, 32, 32, 32)
    slices = Batches(flat.changed(fit__whole_images=True), cases, WEIGHTS, 0, 0, 1)[0]
    assert slices.x.shape == (2, 1, 24, 28)
    assert slices.labels.shape == (2, 24, 28)


def test_blank_samples_are_drawn_again(flat: Config, cases: Path) -> None:
    flat = flat.changed(augmentation__position={"foreground": 0.0}, fit__batch_size=1)

    def blank(config: Config) -> int:
        batches = Batches(config, cases, {"a": 1.0}, 0, 0, 1)
        return sum(not batches[n].labels.any() for n in range(6))

    assert blank(flat) > 0
    assert blank(flat.changed(fit__skip_blank=True)) == 0


def test_cases_are_drawn_by_their_weights(config: Config, cases: Path) -> None:
    batches = Batches(config.changed(fit__iterations=40), cases, {"a": 3.0, "c": 1.0}, 0, 0, 1)
    partial = sum(not batches[n].known.all() for n in range(40))
    assert 3 <= partial <= 18


def test_background_is_known_where_all_else_is(config: Config, cases: Path) -> None:
    whole, partial = (known_channels(Case.load(cases / f"{name}.npz"), config) for name in "ac")
    assert whole.tolist() == [True, True, True]
    assert partial.tolist() == [False, True, False]


def test_processes_share_unpacked_voxels_until_the_case_changes(cases: Path) -> None:
    first = Case.load(cases / "a.npz", mapped=True)
    assert isinstance(first.hu.base, np.memmap)
    unpacked = cases / "mapped" / "a.hu.npy"
    written = unpacked.stat().st_ino
    Case.load(cases / "a.npz", mapped=True)
    assert unpacked.stat().st_ino == written
    changed = Case("a", first.hu + 1, np.asarray(first.labels), first.known, first.spacing_mm)
    changed.save(cases)
    os.utime(cases / "a.npz", ns=(1, 1))
    np.testing.assert_array_equal(Case.load(cases / "a.npz", mapped=True).hu, changed.hu)


@pytest.mark.parametrize("damage", ["", "cut", "gone"])
def test_a_case_that_cannot_be_read_is_named(config: Config, cases: Path, damage: str) -> None:
    batches = Batches(config.changed(fit__iterations=10), cases, WEIGHTS, 0, 0, 1)
    if damage == "gone":
        (cases / "a.npz").unlink()
    elif damage == "cut":
        (cases / "a.npz").write_bytes((cases / "a.npz").read_bytes()[:-100])
    found = {name for n in range(10) for name in batches[n].corrupt}
    assert found == ({"a"} if damage else set())
