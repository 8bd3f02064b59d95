"""Position, pose and size: what moves, what stays, and that labels move along."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from organseg_training.augment import Augmenter
from organseg_training.augment.patch import read
from organseg_training.case import Case

from .conftest import PATCH, QUIET, SPACING_MM, STILL


def only_geometry(config, **geometry):
    """The default geometry, otherwise quiet."""
    kept = {key: value for key, value in QUIET.items() if key != "geometry"}
    return config.changed(augmentation={**kept, "geometry": geometry})


def test_labels_move_with_the_image(config, person):
    liver = config.classes.index["liver"]
    drawn = Case("drawn", np.where(person.labels == liver, 1000, 0).astype(np.int16), person.labels,
                 person.known, SPACING_MM)  # fmt: skip
    augmenter = Augmenter(only_geometry(config))
    anatomy = augmenter.anatomy(drawn)
    overlap = total = 0.0
    for n in range(12):
        hu, labels = augmenter.sample(anatomy, PATCH, np.random.default_rng(n))
        shown, named = hu > 500, labels == liver
        overlap += 2.0 * float((shown & named).sum())
        total += float(shown.sum() + named.sum())
    assert total > 500
    assert overlap / total > 0.95


def test_2d_samples_never_mix_slices(config):
    hu = np.broadcast_to(100 * np.arange(12, dtype=np.int16)[:, None, None], (12, 60, 60))
    case = Case("slices", hu.copy(), np.ones(hu.shape, np.uint8), ("liver",), (2.0, 2.0, 7.0))
    augmenter = Augmenter(only_geometry(config))
    anatomy = augmenter.anatomy(case)
    shown = set()
    for n in range(25):
        patch, labels = augmenter.sample(anatomy, (1, 32, 32), np.random.default_rng(n))
        assert (labels == 1).any(), "beyond the last slice"
        (value,) = (patch[labels == 1] / 100).round().clamp(0).mode(keepdim=True).values.tolist()
        inside = patch[0, 14:18, 14:18]
        if (inside > -500).all():
            assert inside.flatten().tolist() == pytest.approx([100 * value] * 16, abs=0.1)
            shown.add(value)
    assert len(shown) > 4


def test_extent_changes_how_much_of_an_organ_is_seen(config, person):
    liver = config.classes.index["liver"]
    seen = []
    for extent in (0.7, 1.4):
        augmenter = Augmenter(only_geometry(config, extent=[extent, extent], elastic=[], organs=0))
        anatomy = augmenter.anatomy(person)
        whole = [augmenter.sample(anatomy, (64, 64, 64), np.random.default_rng(n))[1] for n in range(4)]
        seen.append(sum(int((labels == liver).sum()) for labels in whole))
    assert seen[0] > 3 * seen[1]


def test_elastic_displacement_bends_straight_planes(config):
    x = np.broadcast_to(np.arange(60, dtype=np.int16) * 10, (40, 50, 60))
    labels = np.pad(np.ones((38, 48, 58), np.uint8), 1)  # the border mixes with air
    case = Case("ramp", x.copy(), labels, ("liver",), SPACING_MM)
    spread = []
    for elastic in ([], [{"probability": 1, "nodes_mm": 72, "sd_mm": [9, 9]}]):
        augmenter = Augmenter(only_geometry(config, **STILL | {"elastic": elastic}))
        anatomy = augmenter.anatomy(case)
        patches = [augmenter.sample(anatomy, (16, 16, 16), np.random.default_rng(n)) for n in range(12)]
        inside = [hu for hu, labels in patches if (labels == 1).all()]
        spread.append(np.mean([float(hu.std((0, 1)).mean()) for hu in inside]))
    assert spread[0] < 0.1
    assert 3 < spread[1] < 30  # 10 HU are 8 mm


def test_flip_mirrors_half_of_the_samples(config):
    x = np.broadcast_to(np.arange(60, dtype=np.int16) * 10, (60, 60, 60))
    case = Case("ramp", x.copy(), np.ones(x.shape, np.uint8), ("liver",), SPACING_MM)
    flipping = only_geometry(
        config.changed(organs=["liver"], tissues=[]), flip=["x"], rotation_degrees=[0, 0, 0]
    )
    augmenter = Augmenter(flipping)
    anatomy = augmenter.anatomy(case)
    patches = [augmenter.sample(anatomy, (8, 8, 8), np.random.default_rng(n))[0] for n in range(24)]
    mirrored = sum(bool(hu[:, :, 0].mean() > hu[:, :, -1].mean()) for hu in patches)
    assert 5 < mirrored < 19


def test_small_organs_are_seen_as_often_as_large_ones(quiet, person):
    small = quiet.classes.index["adrenal_gland_left"]
    assert (person.labels == small).sum() < 0.01 * (person.labels > 0).sum()
    shares = []
    for foreground in (0.0, 1.0):
        augmenter = Augmenter(quiet.changed(augmentation__position__foreground=foreground))
        anatomy = augmenter.anatomy(person)
        labels = [augmenter.sample(anatomy, (12, 12, 12), np.random.default_rng(n))[1] for n in range(40)]
        shares.append(np.mean([bool((found == small).any()) for found in labels]))
    assert shares[1] > 2 * shares[0]
    assert shares[1] >= 1 / 9


def test_reading_at_the_voxels_centres_gives_the_voxels(config, person):
    anatomy = Augmenter(config).anatomy(person)
    box = (slice(10, 20), slice(15, 30), slice(0, 12))
    index = torch.stack(torch.meshgrid(*(torch.arange(s.start, s.stop) for s in box), indexing="ij"))
    hu, labels = read(anatomy, index * SPACING_MM[0])
    assert torch.allclose(hu, anatomy.hu[box].float(), atol=0.1)
    assert torch.equal(labels, anatomy.labels[box].long())
