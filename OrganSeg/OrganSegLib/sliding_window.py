"""Where MONAI's sliding window lays its tiles, and what each of their voxels counts.

Source: the behaviour of MONAI's ``SlidingWindowInferer``; Cardoso et al. 2022, arXiv:2211.02701.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .plan import BundleInput

Shape = tuple[int, ...]
Box = tuple[slice, ...]
Weights = NDArray[np.float32]

SIGMA = 1 / 8  # of the Gaussian, as a share of the tile
LEAST = 1e-3  # weight of a voxel, where the one on the middle counts 1


@dataclass(frozen=True)
class SlidingWindow:
    """Tiles at fixed steps from the first voxel on; the last ones end with the volume.

    Args:
        way: how a bundle lays them.
    """

    way: BundleInput

    def count(self, whole: Shape, tile: Shape) -> int:
        """How many tiles cover the volume."""
        return math.prod(len(self._starts(n, t)) for n, t in zip(whole, tile, strict=True))

    def tiles(self, whole: Shape, tile: Shape) -> Iterator[tuple[Box, Weights]]:
        """Each tile's place and weights, which sum to 1 at every voxel of the volume."""
        weights = self._weights(tile)
        places = itertools.product(*map(self._starts, whole, tile))
        boxes = [tuple(slice(s, s + t) for s, t in zip(place, tile, strict=True)) for place in places]
        total = np.zeros(whole, np.float32)
        for box in boxes:
            total[box] += weights
        for box in boxes:
            yield box, weights / total[box]

    def _starts(self, size: int, tile: int) -> list[int]:
        step = max(1, int(tile * (1 - self.way.overlap)))
        steps = -(-(size - tile) // step)
        return [min(n * step, size - tile) for n in range(steps + 1)]

    def _weights(self, tile: Shape) -> Weights:
        if self.way.weights == "constant":
            return np.ones(tile, np.float32)
        z, y, x = (np.exp(-0.5 * ((np.arange(n) - (n - 1) / 2) / (SIGMA * n)) ** 2) for n in tile)
        bell = z[:, None, None] * y[:, None] * x
        return np.asarray(np.maximum(bell, max(LEAST, bell.min())), np.float32)
