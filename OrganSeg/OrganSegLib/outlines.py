"""Outlines of an organ on the slices of its label map, one closed loop of points per connected area."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

Loop = NDArray[np.float64]


def outlines(labels: NDArray[Any], label: int, extent: Sequence[int]) -> Iterator[tuple[int, Loop]]:
    """Loops that run half-way between voxels of the organ and others: exactly its centres lie inside.

    Args:
        labels: [k, j, i].
        label: of the organ.
        extent: lowest and highest index of the organ (i, i, j, j, k, k).

    Yields:
        Slice number k, and points [n, 2] (i, j); the first one is not repeated at the end.
    """
    from contourpy import contour_generator

    i, i_end, j, j_end, k, k_end = extent
    box = labels[k : k_end + 1, j : j_end + 1, i : i_end + 1] == label
    for number, mask in enumerate(np.pad(box, ((0, 0), (1, 1), (1, 1))).astype(np.float32), k):
        areas: Any = contour_generator(z=mask, fill_type="OuterOffset").filled(0.5, 2.0)
        for points, ends in zip(*areas, strict=True):
            outer, *holes = (_corners(points[a : b - 1]) for a, b in pairwise(ends))
            yield number, _joined(outer, holes) + (i - 1, j - 1)


def _corners(loop: Loop) -> Loop:
    """The loop without the points in the middle of straight lines."""
    before, after = loop - np.roll(loop, 1, axis=0), np.roll(loop, -1, axis=0) - loop
    corners: Loop = loop[before[:, 0] * after[:, 1] != before[:, 1] * after[:, 0]]
    return corners


def _joined(outer: Loop, holes: Sequence[Loop]) -> Loop:
    """One loop around an area with holes, reached through channels without width (DICOM PS3.3 C.8.8.6.3)."""
    from scipy.spatial.distance import cdist

    for hole in holes:
        distance = cdist(outer, hole)
        here, there = np.unravel_index(np.argmin(distance), distance.shape)
        around = np.roll(hole, -there, axis=0)
        outer = np.concatenate([outer[: here + 1], around, around[:1], outer[here:]])
    return outer
