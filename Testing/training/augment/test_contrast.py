"""Contrast phases and the table of Hounsfield units."""

from __future__ import annotations

import numpy as np
import pytest
from organseg_training.augment import Augmenter
from organseg_training.augment.hounsfield import HU, native_hu, tissue
from organseg_training.case import Case

from .conftest import ORGANS, SPACING_MM

WHOLE = (40, 40, 54)


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("kidney_left", "kidney"),
        ("lung_upper_lobe_right", "lung"),
        ("vertebrae_L1", "bone"),
        ("rib_left_4", "bone"),
        ("iliac_artery_left", "artery"),
        ("bladder", "urinary_bladder"),
        ("liver_tumour", ""),
        ("gizmo", ""),
    ],
)
def test_tissues_are_found_by_class_name(name, key):
    assert tissue(name) == key


def test_every_class_has_a_native_value():
    assert (
        native_hu("lung_left")
        < -500
        < native_hu("fat")
        < 0
        < native_hu("gizmo")
        < 100
        < native_hu("rib_left_4")
    )
    assert native_hu("liver") == HU["liver"][0]


@pytest.fixture(scope="module")
def medians(quiet, person):
    """Median HU of each organ in many recoloured views of the whole person; NaN where it is not seen."""
    recoloured = quiet.changed(augmentation__contrast__probability=1.0)
    augmenter = Augmenter(recoloured)
    anatomy = augmenter.anatomy(person)
    rows = []
    for n in range(30):
        hu, labels = augmenter.sample(anatomy, WHOLE, np.random.default_rng(n))
        found = [hu[labels == number] for number in range(1, len(ORGANS) + 1)]
        rows.append([float(values.median()) if len(values) > 30 else np.nan for values in found])
    return dict(zip(ORGANS, np.array(rows).T, strict=True))


@pytest.mark.parametrize(
    ("organ", "low", "high"), [("liver", -60, 170), ("aorta", 0, 420), ("spleen", 10, 200)]
)
def test_recoloured_organs_stay_plausible_and_vary(medians, organ, low, high):
    values = medians[organ][np.isfinite(medians[organ])]
    assert len(values) > 15
    assert low < values.min()
    assert values.max() < high
    assert np.ptp(values) > 50


def test_blood_moves_together(medians):
    both = np.isfinite(medians["aorta"]) & np.isfinite(medians["heart"])
    assert both.sum() > 10
    assert np.corrcoef(medians["aorta"][both], medians["heart"][both])[0, 1] > 0.7


def test_an_organ_without_a_known_range_stays_near_its_own_value(quiet, person):
    config = quiet.changed(organs=["gizmo", *ORGANS[1:]], augmentation__contrast__probability=1.0)
    augmenter = Augmenter(config)
    case = Case("person", person.hu, person.labels, tuple(config.organs), SPACING_MM)
    anatomy = augmenter.anatomy(case)
    own = anatomy.medians[1]
    for n in range(5):
        hu, labels = augmenter.sample(anatomy, WHOLE, np.random.default_rng(n))
        if (labels == 1).sum() > 30:
            assert float(hu[labels == 1].median()) == pytest.approx(own, abs=35)


def test_what_has_no_label_keeps_its_hu(quiet, person):
    recoloured = quiet.changed(augmentation__contrast__probability=1.0)
    anatomy = Augmenter(quiet).anatomy(person)
    before, labels = Augmenter(quiet).sample(anatomy, WHOLE, np.random.default_rng(1))
    after, _ = Augmenter(recoloured).sample(anatomy, WHOLE, np.random.default_rng(1))
    changed = (before - after).abs() > 0.01
    assert changed[labels > 0].float().mean() > 0.9
    assert changed[labels == 0].float().mean() < 0.15  # borders, and the tissue without a channel
