"""One generated person, and augmentation with everything off but what a test looks at."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from organseg_training.case import Case
from organseg_training.config import Config
from OrganSegLib.phantom import make_phantom

from Testing.training.generated import config_of

ORGANS = ("liver", "spleen", "kidney_left", "kidney_right", "aorta", "heart", "colon", "adrenal_gland_left")
TISSUES = ("urinary_bladder",)  # known, never predicted
SPACING_MM = (8.0, 8.0, 8.0)
PATCH = (18, 24, 30)
STILL: dict[str, Any] = {
    "rotation_degrees": [0, 0, 0],
    "extent": [1, 1],
    "stretch": [1, 1],
    "shear": 0,
    "elastic": [],
    "organs": 0,
}
QUIET: dict[str, Any] = {
    "geometry": STILL,
    "contrast": {"probability": 0},
    "lesions": {"probability": 0},
    "scanner": dict.fromkeys(
        ("shading", "blur", "thick_slices", "gain", "offset_hu", "noise", "short_range"), 0
    ),
    "synthetic": {"share": 0},
}


@pytest.fixture(scope="session")
def person() -> Case:
    """A phantom with left and right."""
    scan, labelmap = make_phantom(seed=3, spacing_mm=SPACING_MM, contrast="native")
    labels = np.zeros_like(labelmap.voxels)
    for value, organ in labelmap.organs.items():
        if organ.name in (*ORGANS, *TISSUES):
            labels[labelmap.voxels == value] = 1 + (*ORGANS, *TISSUES).index(organ.name)
    return Case("person", scan.voxels, labels, ORGANS, SPACING_MM)


@pytest.fixture(scope="session")
def config() -> Config:
    """Augmentation as by default."""
    return config_of(organs=ORGANS, tissues=TISSUES)


@pytest.fixture(scope="session")
def quiet(config: Config) -> Config:
    """Nothing but the position is random."""
    return config.changed(augmentation=QUIET)
