"""Network space to patient space: labels on the scan's grid, with borders finer than the network's voxels.

Interpolated labels would show the network's voxels as steps. Instead each organ's score (its output less the
background's) is interpolated and the highest positive one wins: neighbours meet without gap or overlap, and
only one organ's neighbourhood in a few planes is held at a time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .plan import Plan
from .postprocess import argmax, background, organ_boxes
from .preprocess import Box
from .runtimes import usable_cores
from .sampling import FloatArray, Sampler, sampler
from .volume import Grid, Labelmap

if TYPE_CHECKING:
    from .predict import Logits

SLAB_MM = (
    10.0  # thickness of the planes worked on at once: a few network voxels, so that they stay in the cache
)
LEAST = 1e-3  # score of an organ where tidying overruled the network and its own score was as good as zero


def restore(
    logits: Logits, labels: NDArray[Any], plan: Plan, grid: Grid, organs: Collection[int] | None = None
) -> Labelmap:
    """The organs of ``labels`` on ``grid``.

    What tidying removed stays away and what it filled stays filled. Voxels outside the network's crop are
    background, save the rim of one network voxel. An organ so small that it falls between the scan's voxels
    keeps the voxels nearest to its own.

    Args:
        logits: the network's outputs on its grid, axes along LPS.
        labels: tidied label values on the same grid, (z, y, x); see `postprocess.clean`.
        plan: which output is which organ.
        grid: the scan's grid, in any orientation.
        organs: label values to keep; the others still hold their ground against these. None keeps all.

    Returns:
        Labels of the type of ``labels``; ``organs`` are those asked for.
    """
    way = sampler(logits.grid, grid)
    scores = _Scores(logits, labels, plan, way)
    kept = {value: organ for value, organ in plan.organs.items() if organs is None or value in organs}
    voxels = np.zeros(grid.shape, labels.dtype)
    step = max(1, round(SLAB_MM / grid.spacing_mm[2]))

    def paint(start: int) -> None:
        _paint(voxels, slice(start, min(start + step, grid.shape[0])), scores, way, kept)

    with ThreadPoolExecutor(usable_cores()) as pool:
        list(pool.map(paint, range(0, grid.shape[0], step)))
    labelmap = Labelmap(voxels, grid, kept)
    for value in _vanished(voxels, scores.labels, way):
        if value in kept:
            _mark(labelmap, value, labels, logits.grid)
    return labelmap


class _Scores:
    """How far each organ is ahead of the background at the nodes, in line with the tidied labels.

    Arrays are seen in the sampler's order of axes.
    """

    def __init__(self, logits: Logits, labels: NDArray[Any], plan: Plan, way: Sampler) -> None:
        k, j, i = way.axes
        self.labels = labels.transpose(way.axes)
        self._values = logits.values.transpose(0, k + 1, j + 1, i + 1)
        self._background = background(logits, plan).transpose(way.axes)
        self._overruled = (argmax(logits, plan) != labels).transpose(way.axes)
        self._channels = {label.value: label.channel for label in plan.labels}

    def of(self, value: int, box: Box) -> FloatArray:
        score: FloatArray = self._values[self._channels[value]][box] - self._background[box]
        overruled = self._overruled[box]
        if overruled.any():
            size = np.maximum(np.abs(score), LEAST)
            size[self.labels[box] != value] *= -1
            np.copyto(score, size, where=overruled)
        return score


def _paint(voxels: NDArray[Any], planes: slice, scores: _Scores, way: Sampler, kept: Collection[int]) -> None:
    """Label ``planes`` of the scan: a running maximum over the organs that reach them."""
    best = np.zeros((planes.stop - planes.start, *voxels.shape[1:]), np.float32)
    for value, box in _boxes(scores.labels, way.nodes(planes), kept):
        target = way.voxels(box, planes)
        if any(s.start >= s.stop for s in target):
            continue
        score = way.sample(scores.of(value, box), box, target)
        leading = best[target[0].start - planes.start : target[0].stop - planes.start, target[1], target[2]]
        # An organ nobody asked for takes its voxels all the same, as background.
        label = voxels.dtype.type(value if value in kept else 0)
        np.copyto(voxels[target], label, where=score > leading)
        np.maximum(leading, score, out=leading)


def _boxes(labels: NDArray[Any], region: Box, kept: Collection[int]) -> Iterator[tuple[int, Box]]:
    """Kept organs in ``region``, and others near them, with their boxes and one node around."""
    boxes = [(value, _grown(box, region)) for value, box in organ_boxes(labels[region])]
    wanted = [box for value, box in boxes if value in kept]
    for value, box in boxes:
        if value in kept or any(_overlap(box, other) for other in wanted):
            yield value, box


def _grown(box: Box, region: Box) -> Box:
    k, j, i = (
        slice(max(r.start, r.start + s.start - 1), min(r.stop, r.start + s.stop + 1))
        for s, r in zip(box, region, strict=True)
    )
    return k, j, i


def _overlap(one: Box, other: Box) -> bool:
    return all(a.start < b.stop and b.start < a.stop for a, b in zip(one, other, strict=True))


def _vanished(voxels: NDArray[Any], labels: NDArray[Any], way: Sampler) -> Iterator[int]:
    """Labels (in the sampler's order of axes) that reached no voxel."""
    whole = slice(0, labels.shape[0]), slice(0, labels.shape[1]), slice(0, labels.shape[2])
    for value, box in organ_boxes(labels):
        region = voxels[way.voxels(_grown(box, whole), slice(0, len(voxels)))]
        if not any((plane == value).any() for plane in region):  # stops at the first plane that has it
            yield value


def _mark(labelmap: Labelmap, value: int, labels: NDArray[Any], network: Grid) -> None:
    """Put a label on the voxels nearest to its nodes."""
    matrix = np.linalg.inv(labelmap.grid.affine) @ network.affine
    nodes = np.argwhere(labels == value)[:, ::-1]
    index = np.rint(nodes @ matrix[:3, :3].T + matrix[:3, 3]).astype(int)
    i, j, k = index[((index >= 0) & (index < labelmap.grid.size)).all(axis=1)].T
    labelmap.voxels[k, j, i] = value
