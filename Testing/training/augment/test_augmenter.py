"""What holds for every sample, whatever the augmentation does to it."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from organseg_training.augment import Augmenter
from organseg_training.case import Case
from organseg_training.classes import UNKNOWN
from organseg_training.errors import ConfigError

from .conftest import ORGANS, PATCH, SPACING_MM


def test_a_sample_follows_from_its_generator_alone(config, person):
    augmenter = Augmenter(config)
    anatomy = augmenter.anatomy(person)
    first = augmenter.sample(anatomy, PATCH, np.random.default_rng(5))
    other = augmenter.sample(anatomy, PATCH, np.random.default_rng(6))
    again = Augmenter(config).sample(Augmenter(config).anatomy(person), PATCH, np.random.default_rng(5))
    assert torch.equal(first[0], again[0])
    assert torch.equal(first[1], again[1])
    assert not torch.equal(first[0], other[0])


@pytest.mark.parametrize("patch", [PATCH, (1, 36, 30), (3, 12, 12), (70, 16, 16)])
def test_samples_have_the_patch_s_shape_and_the_network_s_classes(config, person, patch):
    augmenter = Augmenter(config)
    unknown = person.labels.copy()
    unknown[:10] = UNKNOWN
    anatomy = augmenter.anatomy(Case("some", person.hu, unknown, person.known, SPACING_MM))
    seen = set()
    for n in range(10):
        hu, labels = augmenter.sample(anatomy, patch, np.random.default_rng(n))
        assert hu.shape == labels.shape == patch
        assert hu.dtype == torch.float32
        assert torch.isfinite(hu).all()
        seen |= set(labels.unique().tolist())
    assert seen <= {*range(len(config.classes.channels)), UNKNOWN}
    assert len(seen) > 3


def test_without_augmentation_samples_are_the_scan_s_own_voxels(config):
    hu = np.arange(20 * 30 * 40, dtype=np.int16).reshape(20, 30, 40)
    case = Case("counted", hu, (hu % len(ORGANS)).astype(np.uint8), ORGANS, (1.0, 2.0, 3.0))
    augmenter = Augmenter(config.changed(augmentation__enabled=False))
    anatomy = augmenter.anatomy(case)
    for n in range(5):
        patch, labels = augmenter.sample(anatomy, (6, 8, 10), np.random.default_rng(n))
        inside = patch[patch >= 0].long()
        z, y, x = np.unravel_index(inside.numpy(), hu.shape)
        assert inside.numel() >= 0.6 * patch.numel()
        assert z.max() - z.min() < 6
        assert y.max() - y.min() < 8
        assert x.max() - x.min() < 10
        assert torch.equal(labels[patch >= 0], inside % len(ORGANS))
        assert (labels[patch < 0] == 0).all()


def test_plain_and_augmented_samples_show_the_same_place(quiet, person):
    plain = Augmenter(quiet.changed(augmentation__enabled=False))
    anatomy = plain.anatomy(person)
    for n in range(5):
        expected, _ = plain.sample(anatomy, PATCH, np.random.default_rng(n))
        read, _ = Augmenter(quiet).sample(anatomy, PATCH, np.random.default_rng(n))
        inner = (slice(2, -2),) * 3
        # Half a voxel of rounding at most: the coarse structure agrees.
        assert np.corrcoef(expected[inner].flatten(), read[inner].flatten())[0, 1] > 0.8


def test_left_and_right_are_never_exchanged(config, person):
    augmenter = Augmenter(config)
    anatomy = augmenter.anatomy(person)
    left, right = (config.classes.index[f"kidney_{side}"] for side in ("left", "right"))
    compared = 0
    for n in range(12):
        _, labels = augmenter.sample(anatomy, (30, 30, 45), np.random.default_rng(n))
        x = [torch.nonzero(labels == side)[:, 2].float() for side in (left, right)]
        if min(map(len, x)) > 20:
            compared += 1
            assert x[0].mean() > x[1].mean()
    assert compared > 2


def test_mirroring_left_and_right_is_refused_where_an_organ_has_a_side(config):
    with pytest.raises(ConfigError, match="kidney_left") as caught:
        Augmenter(config.changed(augmentation__geometry__flip=["x"]))
    assert caught.value.code == "config.flip_sided"
    Augmenter(config.changed(augmentation__geometry__flip=["z", "y"]))
    Augmenter(config.changed(augmentation__geometry__flip=["x"], organs=["liver"], tissues=[]))
