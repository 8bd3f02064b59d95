"""The scores of each organ in one scan, and in plain words whether it could be scored at all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from OrganSegLib.volume import Grid
from scipy import ndimage as ndi

from ..classes import UNKNOWN, Classes
from ..config.evaluation import Evaluation as Settings
from .surface import compare_surfaces

State = Literal["found", "missed", "false_positive", "absent", "sliver", "unlabelled"]
METRICS = ("dice", "slice_dice", "jaccard", "precision", "recall", "accuracy", "nsd", "hd95_mm", "assd_mm")
Box = tuple[slice, ...]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class OrganScore:
    """One organ in one scan. What cannot be said is None, and ``state`` tells why.

    Attributes:
        organ: its name.
        state: ``found``: in the truth and in the result; ``missed``: in the truth alone;
            ``false_positive``: in the result alone; ``absent``: in neither; ``sliver``: the truth holds less
            of it than is scored; ``unlabelled``: the labels do not tell of it, so that nobody knows whether
            it is absent, outside of the field of view or not drawn.
        truncated: the truth reaches the border of the scan.
        truth_ml, predicted_ml: volumes.
        volume_error_ml: predicted less true volume of an organ that is there.
        false_positive_ml: predicted volume of an organ that is not there.
        dice, jaccard, precision, recall, accuracy: of voxels; accuracy over the whole scan. A missed organ
            scores 0, its precision is None.
        slice_dice: mean Dice of the slices that show the organ in the truth or in the result.
        nsd, hd95_mm, assd_mm: of the surfaces, see `surface.SurfaceAgreement`; a missed organ's NSD is 0
            and its distances are None.
    """

    organ: str
    state: State
    truncated: bool = False
    truth_ml: float | None = None
    predicted_ml: float = 0.0
    volume_error_ml: float | None = None
    false_positive_ml: float | None = None
    dice: float | None = None
    slice_dice: float | None = None
    jaccard: float | None = None
    precision: float | None = None
    recall: float | None = None
    accuracy: float | None = None
    nsd: float | None = None
    hd95_mm: float | None = None
    assd_mm: float | None = None


def score_organs(
    truth: NDArray[np.uint8],
    predicted: NDArray[np.uint8],
    grid: Grid,
    classes: Classes,
    known: Iterable[str],
    organs: Iterable[str],
    settings: Settings,
) -> list[OrganScore]:
    """Compare two label maps, organ by organ, each inside the box around it.

    Args:
        truth: class numbers, (z, y, x); what is `classes.UNKNOWN` counts neither way.
        predicted: class numbers on the same voxels.
        grid: of both.
        known: classes that the truth tells of.
        organs: classes to score.
    """
    certain = truth != UNKNOWN
    truth, predicted = truth * certain, predicted * certain
    counted = int(np.count_nonzero(certain))
    true_boxes, found_boxes = _boxes(truth), _boxes(predicted)
    told = set(known)
    scores = []
    for organ in organs:
        number = classes.index[organ]
        box = _around(true_boxes.get(number), found_boxes.get(number))
        pair = _Pair(truth[box] == number, predicted[box] == number, grid, counted)
        if organ not in told:
            scores.append(OrganScore(organ, "unlabelled", predicted_ml=pair.predicted_ml))
        else:
            truncated = _touches(true_boxes.get(number), truth.shape)
            scores.append(_scored(organ, pair, truncated, settings))
    return scores


@dataclass(frozen=True)
class _Pair:
    """Masks of an organ in the box around both, and where the box is from."""

    truth: Mask
    predicted: Mask
    grid: Grid
    counted: int

    @property
    def truth_ml(self) -> float:
        return int(np.count_nonzero(self.truth)) * self.grid.voxel_ml

    @property
    def predicted_ml(self) -> float:
        return int(np.count_nonzero(self.predicted)) * self.grid.voxel_ml


def _scored(organ: str, pair: _Pair, truncated: bool, settings: Settings) -> OrganScore:
    truth_ml, predicted_ml = pair.truth_ml, pair.predicted_ml
    volumes: dict[str, Any] = {"truth_ml": truth_ml, "predicted_ml": predicted_ml, "truncated": truncated}
    if 0 < truth_ml < settings.least_ml:
        return OrganScore(organ, "sliver", **volumes)
    if not truth_ml:
        state: State = "false_positive" if predicted_ml else "absent"
        return OrganScore(organ, state, **volumes, false_positive_ml=predicted_ml)
    volumes["volume_error_ml"] = predicted_ml - truth_ml
    if not predicted_ml:
        return OrganScore(organ, "missed", **volumes, **_overlap(pair), nsd=0.0)
    surfaces = compare_surfaces(pair.truth, pair.predicted, pair.grid.spacing_mm[::-1], settings.tolerance_mm)
    return OrganScore(organ, "found", **volumes, **_overlap(pair), **vars(surfaces))


def _overlap(pair: _Pair) -> dict[str, Any]:
    """Scores of voxels, for an organ that is in the truth."""
    both, true, found = (
        np.count_nonzero(mask, axis=(1, 2))
        for mask in (pair.truth & pair.predicted, pair.truth, pair.predicted)
    )
    shown = true + found > 0
    tp, t, p = int(both.sum()), int(true.sum()), int(found.sum())
    return {
        "dice": 2 * tp / (t + p),
        "slice_dice": float(np.mean(2 * both[shown] / (true + found)[shown])),
        "jaccard": tp / (t + p - tp),
        "precision": tp / p if p else None,
        "recall": tp / t,
        "accuracy": 1 - (t + p - 2 * tp) / pair.counted,
    }


def _boxes(labels: NDArray[np.uint8]) -> dict[int, Box]:
    return {number: box for number, box in enumerate(ndi.find_objects(labels), 1) if box is not None}


def _around(one: Box | None, other: Box | None) -> Box:
    """The smallest box around both; an empty one around nothing."""
    boxes = [box for box in (one, other) if box is not None]
    if not boxes:
        return (slice(0, 0),) * 3
    return tuple(
        slice(min(s.start for s in sides), max(s.stop for s in sides)) for sides in zip(*boxes, strict=True)
    )


def _touches(box: Box | None, shape: tuple[int, ...]) -> bool:
    """Whether the box reaches the border of the array."""
    return box is not None and any(s.start == 0 or s.stop == n for s, n in zip(box, shape, strict=True))
