"""Who is ahead where: each organ's lead over the background, from the network's outputs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import reduce
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage as ndi

from .plan import Plan
from .preprocess import Box
from .runtimes import usable_cores

if TYPE_CHECKING:
    from .predict import Logits

TOUCHING = np.ones((3, 3, 3), bool)  # thin organs run diagonally: voxels touch over corners
SLAB = 4  # planes taken at a time, so that the running maximum stays in the cache
LEAST = 1e-3  # lead of an organ where tidying overruled the network and its own lead was as good as zero
REACH = 2  # voxels from where an organ is to where nothing may be surer of its absence than it is of itself

Labels = NDArray[Any]
FloatArray = NDArray[np.float32]


def argmax(logits: Logits, plan: Plan) -> Labels:
    """Label values (z, y, x), uint8 or uint16, before any tidying; background wins a tie."""
    labels = _no_labels(logits, plan)

    def label_slab(slab: slice) -> None:
        outputs = logits.planes(slab)
        _label(labels[slab], outputs, background(outputs, plan), plan)

    _slab_by_slab(label_slab, len(labels))
    return labels


def background(outputs: FloatArray, plan: Plan) -> FloatArray:
    """The strongest output that means no organ, (z, y, x): what every organ has to beat."""
    strongest: Any = reduce(np.maximum, outputs[[*plan.background_channels]])
    return np.asarray(strongest, np.float32)


def _no_labels(logits: Logits, plan: Plan) -> Labels:
    return np.zeros(logits.shape, np.min_scalar_type(len(plan.labels)))


def _slab_by_slab(work: Callable[[slice], None], planes: int) -> None:
    with ThreadPoolExecutor(usable_cores()) as pool:
        list(pool.map(lambda start: work(slice(start, min(start + SLAB, planes))), range(0, planes, SLAB)))


def _label(labels: Labels, outputs: FloatArray, rest: FloatArray, plan: Plan) -> None:
    """Write into ``labels`` the organ that is furthest ahead of the background, where one is."""
    best = np.zeros_like(rest)
    score, better = np.empty_like(best), np.empty(best.shape, bool)
    for label in plan.labels:
        np.subtract(outputs[label.channel], rest, out=score)
        np.greater(score, best, out=better)
        np.copyto(labels, labels.dtype.type(label.value), where=better)
        np.maximum(best, score, out=best)


def organ_boxes(labels: Labels) -> Iterator[tuple[int, Box]]:
    """(label value, its bounding box) of every label that is present."""
    for value, box in enumerate(ndi.find_objects(labels), 1):
        if box is not None:
            yield value, box


def organ_scores(logits: Logits, labels: Labels, plan: Plan) -> dict[int, tuple[Box, FloatArray]]:
    """How far each organ of the tidied ``labels`` is ahead of the background, at the network's voxels.

    At every voxel the highest positive score is that of the voxel's label. Around a thin organ that the
    network is not sure of, the scores of absence are held to the size of the organ's own: interpolation
    would lose it between the voxels.

    Returns:
        label value -> box around the organ with one voxel to spare, and float32 scores in it.
    """
    whole = slice(0, labels.shape[0]), slice(0, labels.shape[1]), slice(0, labels.shape[2])
    boxes = {value: grown(tight, whole) for value, tight in organ_boxes(labels)}
    leads = {value: np.empty(labels[box].shape, np.float32) for value, box in boxes.items()}
    channels = {label.value: label.channel for label in plan.labels}
    raw = _no_labels(logits, plan)

    def fill(slab: slice) -> None:  # of all organs at once: outputs may be dear
        outputs = logits.planes(slab)
        rest = background(outputs, plan)
        _label(raw[slab], outputs, rest, plan)
        for value, (k, j, i) in boxes.items():
            first, end = max(k.start, slab.start), min(k.stop, slab.stop)
            if first < end:
                there = slice(first - slab.start, end - slab.start), j, i
                own = leads[value][first - k.start : end - k.start]
                np.subtract(outputs[channels[value]][there], rest[there], out=own)

    def finish(value: int) -> None:
        box, lead = boxes[value], leads[value]
        own = labels[box] == value
        _obey(lead, own, raw[box] == value, raw[box] != labels[box])
        np.maximum(lead, -_nearby(np.where(own, lead, np.float32(0))), out=lead)

    _slab_by_slab(fill, len(labels))
    with ThreadPoolExecutor(usable_cores()) as pool:
        list(pool.map(finish, boxes))
    return {value: (box, leads[value]) for value, box in boxes.items()}


def grown(box: Box, within: Box) -> Box:
    """``box`` and one voxel around it, as far as ``within`` goes."""
    k, j, i = (
        slice(max(s.start - 1, w.start), min(s.stop + 1, w.stop)) for s, w in zip(box, within, strict=True)
    )
    return k, j, i


def _obey(
    lead: FloatArray, own: NDArray[np.bool_], was: NDArray[np.bool_], overruled: NDArray[np.bool_]
) -> None:
    """Bring an organ's lead in line with tidied labels, where they overruled the network's.

    Args:
        lead: changed in place.
        own: where the organ is now.
        was: where the network had it.
        overruled: where any label changed.
    """
    if not overruled.any():
        return
    size = np.maximum(np.abs(lead), LEAST)
    np.copyto(lead, np.where(own, size, -size), where=overruled)
    removed = was & overruled
    if removed.any():  # around it, too: two runners-up could be ahead together between their voxels
        around = ndi.binary_dilation(removed, TOUCHING) & ~own
        np.minimum(lead, -LEAST, out=lead, where=around)


def _nearby(lead: FloatArray) -> FloatArray:
    """The largest value within `REACH` voxels along each axis."""
    for axis in range(3):
        line = np.moveaxis(lead, axis, 0)
        highest = line.copy()
        for shift in range(1, min(REACH, len(line) - 1) + 1):
            np.maximum(highest[shift:], line[:-shift], out=highest[shift:])
            np.maximum(highest[:-shift], line[shift:], out=highest[:-shift])
        lead = np.moveaxis(highest, 0, axis)
    return lead
