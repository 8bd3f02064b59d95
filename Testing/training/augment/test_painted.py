"""Lesions, scanner and synthetic images."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from organseg_training.augment import Augmenter
from organseg_training.case import Case

from .conftest import PATCH, SPACING_MM

WHOLE = (40, 40, 54)


def pair(quiet, person, patch=PATCH, views=10, **changes):
    """The same views, quiet and with some changes: (hu, hu, labels, labels)."""
    plain, changing = Augmenter(quiet), Augmenter(quiet.changed(**changes))
    anatomy = plain.anatomy(person)
    for n in range(views):
        before, labels = plain.sample(anatomy, patch, np.random.default_rng(n))
        after, changed = changing.sample(anatomy, patch, np.random.default_rng(n))
        yield before, after, labels, changed


def test_lesions_change_their_host_and_leave_its_label(quiet, person):
    often = {"augmentation__lesions__probability": 1.0, "augmentation__lesions__most": 9}
    hosts = [quiet.classes.index[name] for name in ("liver", "spleen", "kidney_left", "kidney_right")]
    found = 0
    for before, after, labels, same in pair(quiet, person, WHOLE, 5, **often):
        changed = before != after
        found += bool(changed.any())
        assert torch.isin(labels[changed], torch.tensor(hosts)).all()
        assert torch.equal(labels, same)
    assert found > 2


def test_noise_has_the_strength_asked_for(quiet, person):
    changes = {"augmentation__scanner__noise": 1.0, "augmentation__scanner__noise_hu": [20, 20]}
    deviations = [float((after - before).std()) for before, after, _, _ in pair(quiet, person, **changes)]
    assert max(deviations) == pytest.approx(20, rel=0.05)
    assert min(deviations) > 8  # smoothed between its nodes


def test_thick_slices_smooth_along_z_alone(quiet, person):
    steps = []
    for before, after, labels, same in pair(quiet, person, augmentation__scanner__thick_slices=1.0):
        steps.append([float(hu.diff(dim=axis).abs().mean()) for hu in (before, after) for axis in (0, 2)])
        assert torch.equal(labels, same)
    z_before, x_before, z_after, x_after = np.mean(steps, axis=0)
    assert z_after / z_before < x_after / x_before - 0.05


def test_a_short_range_is_air_without_labels(quiet, person):
    for before, after, _, labels in pair(quiet, person, augmentation__scanner__short_range=1.0):
        gone = (after == -1024).all(2).all(1)
        assert gone.any()
        assert (labels[gone] == 0).all()
        assert torch.equal(before[~gone], after[~gone])


def test_metal_is_bright_and_throws_streaks(quiet, person):
    brightest, touched = [], []
    for before, after, labels, same in pair(quiet, person, augmentation__scanner__metal=1.0):
        brightest.append(float(after.max()))
        touched.append(float(((before - after).abs() > 20).float().mean()))
        assert torch.equal(labels, same)
    assert np.median(brightest) == 3000
    assert np.median(touched) > 0.01


def test_painted_scans_have_even_organs_with_the_texture_asked_for(quiet, person):
    texture = {"augmentation__synthetic__share": 1.0, "augmentation__synthetic__texture_hu": [30, 30]}
    changes = {**texture, "augmentation__synthetic__partial_volume": 0.0}
    liver, medians = quiet.classes.index["liver"], []
    for _, after, labels, _ in pair(quiet, person, **changes):
        if (labels == liver).sum() > 100:
            medians.append(float(after[labels == liver].median()))
            low, high = np.quantile(after[labels == liver], (0.16, 0.84))  # without the border to the lung
            assert 22 < (high - low) / 2 < 50  # the phantom's own is below 20
    assert len(medians) > 3
    assert np.ptp(medians) > 20
    assert min(medians) > -60
    assert max(medians) < 170


def test_a_case_without_a_scan_is_painted_every_time(quiet, person):
    colon, gas = quiet.classes.index["colon"], 0
    without_gas = np.where(person.labels == colon, 30, person.hu).astype(np.int16)
    template = Case("shape", without_gas, person.labels, ("liver", "colon"), SPACING_MM, painted=True)
    augmenter = Augmenter(quiet)
    anatomy, scanned = augmenter.anatomy(template), augmenter.anatomy(person)
    for n in range(6):
        before, _ = augmenter.sample(scanned, WHOLE, np.random.default_rng(n))
        after, labels = augmenter.sample(anatomy, WHOLE, np.random.default_rng(n))
        inside = (before > -200) & (labels != colon)
        assert not torch.equal(before[inside], after[inside])
        gas += int((after[labels == colon] < -600).sum())
    assert gas > 0


def test_partly_labelled_scans_are_never_painted(quiet, person):
    partly = Case("partly", person.hu, person.labels, ("liver",), SPACING_MM)
    painting = quiet.changed(augmentation__synthetic__share=1.0)
    views = [
        Augmenter(c).sample(Augmenter(c).anatomy(partly), PATCH, np.random.default_rng(1))[0]
        for c in (quiet, painting)
    ]
    assert torch.equal(*views)
