"""Metrics by name, one value per class, from the confusion of two label maps."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from monai.metrics.confusion_matrix import compute_confusion_matrix_metric
from numpy.typing import NDArray
from torch import Tensor

from .classes import UNKNOWN

Metric = Callable[[Tensor, Tensor, int], NDArray[np.float64]]

MONAI_NAMES = {
    "dice": "f1 score",
    "jaccard": "threat score",
    "iou": "threat score",
    "precision": "precision",
    "recall": "recall",
    "specificity": "specificity",
    "accuracy": "accuracy",
}


def build_metric(name: str) -> Metric:
    """A metric ``(predicted, truth, classes) -> values`` of label maps of any shape.

    Its values are float64, one per class; NaN where the metric has no meaning, as Dice has none for a class
    that neither label map holds. Voxels whose truth is `UNKNOWN` do not count.

    Args:
        name: ``dice``, ``jaccard`` or ``iou``, ``precision``, ``recall``, ``specificity``, ``accuracy``.
    """
    monai_name = MONAI_NAMES[name]
    return lambda predicted, truth, classes: _values(monai_name, confusion(predicted, truth, classes))


def confusion(predicted: Tensor, truth: Tensor, classes: int) -> Tensor:
    """True positives, false positives, true negatives and false negatives: float64, (classes, 4)."""
    valid = truth != UNKNOWN
    pairs = truth[valid].long() * classes + predicted[valid].long()
    table = torch.bincount(pairs, minlength=classes**2).reshape(classes, classes).double()
    hit = table.diagonal()
    false_positive, false_negative = table.sum(0) - hit, table.sum(1) - hit
    return torch.stack(
        [hit, false_positive, table.sum() - hit - false_positive - false_negative, false_negative], 1
    )


def _values(monai_name: str, counts: Tensor) -> NDArray[np.float64]:
    return np.asarray(compute_confusion_matrix_metric(monai_name, counts.cpu()))
