"""Metrics of a confusion that can be counted by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from organseg_training.classes import UNKNOWN
from organseg_training.metrics import build_metric

TRUTH = torch.tensor([[1, 1, 1, 0], [0, 0, 2, UNKNOWN]])
FOUND = torch.tensor([[1, 1, 0, 1], [0, 0, 0, 2]])


@pytest.mark.parametrize(
    ("name", "of_class_1", "of_class_2"),
    [
        ("dice", 4 / 6, 0),
        ("jaccard", 2 / 4, 0),
        ("iou", 2 / 4, 0),
        ("precision", 2 / 3, np.nan),
        ("recall", 2 / 3, 0),
        ("specificity", 3 / 4, 1),
        ("accuracy", 5 / 7, 6 / 7),
    ],
)
def test_each_metric(name: str, of_class_1: float, of_class_2: float) -> None:
    values = build_metric(name)(FOUND, TRUTH, 4)
    assert values.shape == (4,)
    np.testing.assert_allclose(values[1:3], [of_class_1, of_class_2])


def test_dice_of_a_class_that_nobody_holds_has_no_value() -> None:
    assert np.isnan(build_metric("dice")(FOUND, TRUTH, 4)[3])
