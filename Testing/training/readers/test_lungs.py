"""Lungs labelled by rule."""

from __future__ import annotations

import numpy as np
from organseg_training.classes import UNKNOWN, Classes
from organseg_training.readers.lungs import LUNGS, label_lungs
from OrganSegLib.phantom import LABELS, make_phantom


def test_lungs_by_rule_match_the_phantom():
    scan, labelmap = make_phantom(seed=2, spacing_mm=(4.0, 4.0, 4.0), region="chest")
    classes = Classes(("heart", *LUNGS))
    ruled = label_lungs(scan.voxels.astype(np.float32), 4.0, classes)
    for name in LUNGS:
        truth = (labelmap.voxels == LABELS[name]) & (ruled != UNKNOWN)
        found = ruled == classes.index[name]
        assert 2 * (truth & found).sum() / (truth.sum() + found.sum()) > 0.95
