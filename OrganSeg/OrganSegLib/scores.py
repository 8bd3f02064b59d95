"""Who is ahead where: each organ's lead over the background, from the network's outputs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import reduce
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray
from scipy import ndimage as ndi

from .boxes import common, grown, inside, is_empty, organ_boxes, pieces
from .plan import Plan
from .preprocess import Box
from .runtimes import usable_cores

if TYPE_CHECKING:
    from .predict import Logits

TOUCHING = np.ones((3, 3, 3), bool)  # thin organs run diagonally: voxels touch over corners
BLOCK = 1 << 20  # outputs taken at a time: 4 MB, which stay in the cache from the first step to the last
LEAST = 1e-3  # lead of an organ where tidying overruled the network and its own lead was as good as zero
REACH = 2  # voxels from where an organ is to where nothing may be surer of its absence than it is of itself

Labels = NDArray[Any]
FloatArray = NDArray[np.float32]


def argmax(logits: Logits, plan: Plan) -> Labels:
    """Label values (z, y, x), uint8 or uint16, before any tidying; background wins a tie."""
    labels = _no_labels(logits, plan)

    def fill(place: Box) -> None:
        _, leads = _leads(logits, [label.channel for label in plan.labels], plan, place)
        labels[place] = _furthest(leads, leads.max(0), labels.dtype)

    _block_by_block(fill, logits, plan.channels)
    return labels


def argmax_and_entropy(logits: Logits, plan: Plan) -> tuple[Labels, FloatArray]:
    """What the network thinks most likely, and how unsure it is, from one look at its outputs.

    Outputs that mean no organ count as one: to waver between background and a helper class is no doubt.

    Returns:
        Label values as of `argmax`, and the entropy of the softmax, float32, (z, y, x), 0 to 1.
    """
    labels, entropy = _no_labels(logits, plan), np.empty(logits.shape, np.float32)

    def fill(place: Box) -> None:
        others, leads = _leads(logits, [label.channel for label in plan.labels], plan, place)
        best = leads.max(0)
        labels[place] = _furthest(leads, best, labels.dtype)
        entropy[place] = _entropy(others, leads, best)

    _block_by_block(fill, logits, plan.channels)
    return labels, entropy


def _no_labels(logits: Logits, plan: Plan) -> Labels:
    return np.zeros(logits.shape, np.min_scalar_type(len(plan.labels)))


def _block_by_block(work: Callable[[Box], None], logits: Logits, channels: int) -> None:
    """Call ``work`` for every part of the grid, which is some rows of some planes."""
    planes, rows, columns = logits.shape
    at_once = max(1, BLOCK // (channels * columns))
    thick, high = max(1, at_once // rows), min(at_once, rows)
    blocks = [
        (slice(k, min(k + thick, planes)), slice(j, min(j + high, rows)), slice(0, columns))
        for k in range(0, planes, thick)
        for j in range(0, rows, high)
    ]
    with ThreadPoolExecutor(usable_cores()) as pool:
        list(pool.map(work, blocks))


def _leads(logits: Logits, channels: Sequence[int], plan: Plan, place: Box) -> tuple[FloatArray, FloatArray]:
    """How far outputs are ahead of the background, the strongest of those that mean no organ.

    Returns:
        Those of ``plan.background_channels`` and those of ``channels``, each (channels, z, y, x).
    """
    nothing = plan.background_channels
    leads = logits.block([*nothing, *channels], place)
    leads -= leads[: len(nothing)].max(0)
    return leads[: len(nothing)], leads[len(nothing) :]


def _furthest(leads: FloatArray, best: FloatArray, kind: np.dtype[Any]) -> Labels:
    """The label of the first organ with the ``best`` lead, where that is one; `numpy.argmax` takes long."""
    countdown = np.arange(len(leads))[::-1].astype(kind)
    ahead = ((leads == best).view(np.uint8) * countdown[:, None, None, None]).max(0)
    first: Labels = np.where(best > 0, len(leads) - ahead, kind.type(0))
    return first


def _entropy(others: FloatArray, leads: FloatArray, best: FloatArray) -> FloatArray:
    """``log(sum(e)) - sum(e * log(e)) / sum(e)``, divided by its maximum; takes ``leads`` for its sums."""
    nothing = np.log(np.exp(others).sum(0))
    top = np.maximum(best, nothing)
    leads -= top
    nothing -= top
    shares, share = np.exp(leads), np.exp(nothing)
    total = shares.sum(0) + share
    weighted = np.einsum("c...,c...->...", shares, leads) + share * nothing
    entropy: FloatArray = (np.log(total) - weighted / total) / np.log(len(leads) + 1)
    return np.maximum(entropy, 0, out=entropy)  # rounding


def organ_scores(
    logits: Logits, raw: Labels, labels: Labels, plan: Plan
) -> dict[int, tuple[Box, FloatArray]]:
    """How far each organ of the tidied ``labels`` is ahead of the background, at the network's voxels.

    At every voxel the highest positive score is that of the voxel's label. Around a thin organ that the
    network is not sure of, the scores of absence are held to the size of the organ's own: interpolation
    would lose it between the voxels.

    Args:
        logits: the network's outputs.
        raw: their `argmax`.
        labels: what tidying made of it.
        plan: which output is which organ.

    Returns:
        label value -> box around the organ with one voxel to spare, and float32 scores in it.
    """
    whole = slice(0, labels.shape[0]), slice(0, labels.shape[1]), slice(0, labels.shape[2])
    boxes = {value: grown(tight, whole) for value, tight in organ_boxes(labels)}
    scores = {value: np.empty(labels[box].shape, np.float32) for value, box in boxes.items()}
    channels = {label.value: label.channel for label in plan.labels}

    def fill(place: Box) -> None:  # of all organs at once: outputs may be dear
        there = {value: common(box, place) for value, box in boxes.items()}
        there = {value: part for value, part in there.items() if not is_empty(part)}
        if not there:
            return
        _, leads = _leads(logits, [channels[value] for value in there], plan, place)
        for (value, part), lead in zip(there.items(), leads, strict=True):
            scores[value][inside(part, boxes[value])] = lead[inside(part, place)]

    def finish(value: int) -> None:
        box, score = boxes[value], scores[value]
        own = labels[box] == value
        _obey(score, own, raw[box] == value, raw[box] != labels[box])
        _hold(score, own)

    _block_by_block(fill, logits, len(plan.background_channels) + len(boxes))
    with ThreadPoolExecutor(usable_cores()) as pool:
        list(pool.map(finish, boxes))
    return {value: (box, scores[value]) for value, box in boxes.items()}


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


def _hold(lead: FloatArray, own: NDArray[np.bool_]) -> None:
    """Let nothing near an organ, which is where its lead is positive, be surer of its absence than it is."""
    depth, rows, columns = lead.shape
    for k, _, _ in pieces((slice(0, depth), slice(0, rows), slice(0, columns))):
        around = slice(max(0, k.start - REACH), k.stop + REACH)
        surest = _nearby(lead[around], own[around])
        first = k.start - around.start
        np.maximum(lead[k], surest[first : first + k.stop - k.start], out=lead[k])


def _nearby(lead: FloatArray, own: NDArray[np.bool_]) -> FloatArray:
    """The lowest of ``-lead`` where the organ is, within `REACH` voxels along each axis; 0 where it is not.

    In an array with a margin a step along any axis is a step along its memory, which is quick.
    """
    padded = np.zeros([n + 2 * REACH for n in lead.shape], np.float32)
    np.negative(lead, out=padded[(slice(REACH, -REACH),) * 3], where=own)
    line = padded.ravel()
    for step in (1, padded.shape[2], padded[0].size):
        away = (line[n * step : len(line) - (2 * REACH - n) * step] for n in range(2 * REACH + 1))
        line = reduce(np.minimum, away)
    return as_strided(line, lead.shape, padded.strides, writeable=False)
