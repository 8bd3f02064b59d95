"""Boxes of an array, three slices with both ends each: around labels, larger, in common, inside others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from numpy.typing import NDArray
from scipy import ndimage as ndi

from .preprocess import Box

PIECE = 1 << 18  # voxels of a piece: 1 MB of scores


def organ_boxes(labels: NDArray[Any]) -> Iterator[tuple[int, Box]]:
    """(label value, its bounding box) of every label that is present."""
    for value, box in enumerate(ndi.find_objects(labels), 1):
        if box is not None:
            yield value, box


def grown(box: Box, within: Box) -> Box:
    """``box`` and one voxel around it, as far as ``within`` goes."""
    k, j, i = (slice(s.start - 1, s.stop + 1) for s in box)
    return common((k, j, i), within)


def common(one: Box, other: Box) -> Box:
    """Where both are, which may be nowhere."""
    k, j, i = (slice(max(a.start, b.start), min(a.stop, b.stop)) for a, b in zip(one, other, strict=True))
    return k, j, i


def pieces(box: Box) -> Iterator[Box]:
    """The same box some planes at a time: a step of the work on a piece finds it in the cache."""
    if is_empty(box):
        return
    k, j, i = box
    thick = max(1, PIECE // ((j.stop - j.start) * (i.stop - i.start)))
    for start in range(k.start, k.stop, thick):
        yield slice(start, min(start + thick, k.stop)), j, i


def is_empty(box: Box) -> bool:
    """Whether no voxel is in it."""
    return any(s.start >= s.stop for s in box)


def inside(box: Box, outer: Box) -> Box:
    """Where ``box`` lies in an array that has the values of ``outer``."""
    k, j, i = (slice(s.start - o.start, s.stop - o.start) for s, o in zip(box, outer, strict=True))
    return k, j, i


def outside(box: Box, outer: Box) -> Box:
    """Where ``box`` of an array that has the values of ``outer`` lies in the whole; undoes `inside`."""
    k, j, i = (slice(s.start + o.start, s.stop + o.start) for s, o in zip(box, outer, strict=True))
    return k, j, i
