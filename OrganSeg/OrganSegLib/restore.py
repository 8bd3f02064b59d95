"""Network space to patient space: labels on the scan's grid, with borders finer than the network's voxels.

Interpolated labels would show the network's voxels as steps. Instead each organ's score (its output less the
background's) is interpolated and the highest positive one wins: neighbours meet without gap or overlap, and
only one organ's neighbourhood in a few planes is held at a time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .boxes import common, grown, inside, is_empty, organ_boxes, outside, pieces
from .plan import Plan
from .preprocess import Box
from .runtimes import usable_cores
from .sampling import FloatArray, Sampler, sampler
from .scores import Labels, argmax, organ_scores
from .volume import Grid, Labelmap

if TYPE_CHECKING:
    from .predict import Logits

SLAB_MM = 20.0  # thickness of the planes worked on at once: a few network voxels


def restore(
    logits: Logits,
    labels: Labels,
    plan: Plan,
    grid: Grid,
    organs: Collection[int] | None = None,
    raw: Labels | None = None,
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
        raw: label values before tidying, see `argmax`; None has them found once more.

    Returns:
        Labels of the type of ``labels``; ``organs`` are those asked for.
    """
    way = sampler(logits.grid, grid)
    raw = argmax(logits, plan) if raw is None else raw
    scores = {
        value: _Score(_ordered(box, way), score.transpose(way.axes))
        for value, (box, score) in organ_scores(logits, raw, labels, plan).items()
    }
    nodes = labels.transpose(way.axes)
    kept = {value: organ for value, organ in plan.organs.items() if organs is None or value in organs}
    voxels = np.zeros(grid.shape, labels.dtype)
    step = max(1, round(SLAB_MM / grid.spacing_mm[2]))

    def paint(start: int) -> None:
        _paint(voxels, slice(start, min(start + step, len(voxels))), nodes, scores, way, kept)

    with ThreadPoolExecutor(usable_cores()) as pool:
        list(pool.map(paint, range(0, len(voxels), step)))
    labelmap = Labelmap(voxels, grid, kept)
    for value in kept.keys() & scores.keys():
        if _vanished(voxels, value, scores[value].box, way):
            _mark(labelmap, value, labels, logits.grid)
    return labelmap


@dataclass(frozen=True)
class _Score:
    """Scores of an organ in a box of the network's grid, axes in the sampler's order."""

    box: Box
    values: FloatArray

    def within(self, box: Box) -> FloatArray:
        return self.values[inside(box, self.box)]


def _ordered(box: Box, way: Sampler) -> Box:
    k, j, i = way.axes
    return box[k], box[j], box[i]


def _paint(
    voxels: Labels,
    planes: slice,
    nodes: Labels,
    scores: dict[int, _Score],
    way: Sampler,
    kept: Collection[int],
) -> None:
    """Label ``planes`` of the scan: a running maximum over the organs that reach them."""
    best = np.zeros((planes.stop - planes.start, *voxels.shape[1:]), np.float32)
    for part in way.parts(way.nodes(planes)):
        for value, box in _boxes(nodes, part, kept):
            for piece in pieces(way.voxels(box, planes)):
                score = way.sample(scores[value].within(box), box, piece)
                leading = best[piece[0].start - planes.start : piece[0].stop - planes.start, *piece[1:]]
                ahead = (score > leading).view(np.uint8) * voxels.dtype.type(value)
                np.maximum(voxels[piece], ahead, out=voxels[piece])  # values come in rising order
                np.maximum(leading, score, out=leading)
    _forget(voxels[planes], scores, kept)


def _forget(voxels: Labels, found: Collection[int], kept: Collection[int]) -> None:
    """Make organs that nobody asked for background: they took their voxels all the same."""
    others = [value for value in found if value not in kept]
    if others:
        own = np.arange(max(found) + 1, dtype=voxels.dtype)
        own[others] = 0
        voxels[...] = own[voxels]


def _boxes(nodes: Labels, region: Box, kept: Collection[int]) -> Iterator[tuple[int, Box]]:
    """Kept organs in ``region``, and others near them, with their boxes and one node around."""
    boxes = [(value, grown(outside(box, region), region)) for value, box in organ_boxes(nodes[region])]
    wanted = [box for value, box in boxes if value in kept]
    for value, box in boxes:
        if value in kept or not all(is_empty(common(box, other)) for other in wanted):
            yield value, box


def _vanished(voxels: Labels, value: int, box: Box, way: Sampler) -> bool:
    """Whether an organ with nodes in ``box`` reached no voxel; looks no further than the first it finds."""
    region = voxels[way.voxels(box, slice(0, len(voxels)))]
    return not any((plane == value).any() for plane in region)


def _mark(labelmap: Labelmap, value: int, labels: Labels, network: Grid) -> None:
    """Put a label on the voxels nearest to its nodes."""
    matrix = np.linalg.inv(labelmap.grid.affine) @ network.affine
    nodes = np.argwhere(labels == value)[:, ::-1]
    index = np.rint(nodes @ matrix[:3, :3].T + matrix[:3, 3]).astype(int)
    i, j, k = index[((index >= 0) & (index < labelmap.grid.size)).all(axis=1)].T
    labelmap.voxels[k, j, i] = value
