"""Labelled voxels as runs along i: what counts, positions and shapes are made of.

A label image holds far fewer runs than voxels, and what is straight in it stays exact: a run's moments have
closed forms, and no voxel reaches further in any direction than the ends of the runs.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .volume import Labelmap

SLAB = 8  # slices taken at a time: small enough for the cache, large enough to pay for a call
Indices = NDArray[np.intp]
Vectors = NDArray[np.float64]


@dataclass(frozen=True)
class Runs:
    """One organ's voxels, in the order of the volume; at least one run.

    Attributes:
        start: place of each run's first voxel in the flattened volume.
        length: voxels of each run.
        shape: of the volume, (k, j, i).
    """

    start: Indices
    length: Indices
    shape: tuple[int, int, int]

    @property
    def voxels(self) -> int:
        return int(self.length.sum())

    @cached_property
    def first(self) -> Indices:
        """Indices i, j, k of each run's first voxel, [3, n]."""
        return np.stack(np.unravel_index(self.start, self.shape)[::-1])

    @cached_property
    def ends(self) -> Indices:
        """Indices i, j, k of the first and the last voxels of all runs, [3, 2 n]."""
        last = self.first.copy()
        last[0] += self.length - 1
        return np.concatenate([self.first, last], axis=1)

    @cached_property
    def centroid(self) -> Vectors:
        """Mean index i, j, k of the voxels."""
        mean: Vectors = self._middle @ self.length / self.voxels
        return mean

    @property
    def covariance(self) -> Vectors:
        """Covariance of the voxels' indices i, j, k, [3, 3], over N."""
        from_mean = self._middle - self.centroid[:, None]
        covariance: Vectors = (from_mean * self.length) @ from_mean.T
        covariance[0, 0] += (self.length * (self.length**2 - 1)).sum() / 12  # along the runs themselves
        return covariance / self.voxels

    @property
    def per_slice(self) -> Indices:
        """Voxels in each slice of the volume's third axis, [k]."""
        voxels = np.zeros(self.shape[0], np.intp)
        np.add.at(voxels, self.first[2], self.length)
        return voxels

    def values(self, volume: NDArray[Any]) -> NDArray[Any]:
        """Values of a volume of the same shape at the voxels, in their order."""
        place = np.repeat(self.start - (np.cumsum(self.length) - self.length), self.length)
        place += np.arange(len(place))
        values: NDArray[Any] = volume.reshape(-1)[place]
        return values

    @property
    def _middle(self) -> Vectors:
        middle = self.first.astype(np.float64)
        middle[0] += (self.length - 1) / 2
        return middle


def find_runs(labelmap: Labelmap) -> dict[int, Runs]:
    """The runs of each organ of ``labelmap.organs`` that is present, in label order."""
    voxels = labelmap.voxels
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        parts = list(pool.map(lambda k: _of_slab(voxels, k), range(0, len(voxels), SLAB)))
    start, length, label = (np.concatenate(part) for part in zip(*parts, strict=True))
    order = np.argsort(label, kind="stable")
    runs = {}
    for value in sorted(labelmap.organs):
        begin, end = (np.searchsorted(label, value, side, order) for side in ("left", "right"))
        if begin < end:
            own = order[begin:end]
            runs[value] = Runs(start[own], length[own], voxels.shape)
    return runs


def _of_slab(voxels: NDArray[Any], k: int) -> tuple[Indices, Indices, Indices]:
    """Starts, lengths and labels of the runs in ``SLAB`` slices from ``k``; a row's end ends a run."""
    slab = voxels[k : k + SLAB]
    starts = np.ones(slab.shape, bool)
    np.not_equal(slab[..., 1:], slab[..., :-1], out=starts[..., 1:])
    start = np.flatnonzero(starts)
    label = slab.reshape(-1)[start].astype(np.intp)
    length = np.diff(start, append=slab.size)
    organ = label != 0
    return start[organ] + k * slab[0].size, length[organ], label[organ]
