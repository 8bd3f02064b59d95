"""Where overlapping tiles lie and what each of their voxels counts: nnU-Net's way, or MONAI's."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from .plan import Plan
from .sliding_window import SlidingWindow

Shape = tuple[int, ...]
Box = tuple[slice, ...]
Weights = NDArray[np.float32]

STEP = 0.5
SIGMA = 1 / 8


class Tiling(Protocol):
    """How tiles cover a volume."""

    def count(self, whole: Shape, tile: Shape) -> int:
        """How many tiles there are."""

    def tiles(self, whole: Shape, tile: Shape) -> Iterator[tuple[Box, Weights]]:
        """Each tile's place and weights, (z, y, x), which sum to 1 at every voxel of the volume."""


def tiling(plan: Plan) -> Tiling:
    """How the network's makers lay tiles."""
    if plan.bundle is not None:
        return SlidingWindow(plan.bundle)
    if plan.nnunet is not None:
        return EvenTiles(plan.nnunet.step, on_voxel=True)
    return EvenTiles()


@dataclass(frozen=True)
class EvenTiles:
    """Tiles spread evenly from the first voxel to the last, weighted by a Gaussian.

    Attributes:
        step: how far apart tiles lie at most, as a share of their size.
        on_voxel: let the Gaussian peak on the voxel after the middle, as nnU-Net does, not on the middle.

    Source: Isensee et al., Nature Methods 2021 (nnU-Net), doi:10.1038/s41592-020-01008-z.
    """

    step: float = STEP
    on_voxel: bool = False

    def count(self, whole: Shape, tile: Shape) -> int:
        """How many tiles cover the volume."""
        return math.prod(len(self._starts(n, t)) for n, t in zip(whole, tile, strict=True))

    def tiles(self, whole: Shape, tile: Shape) -> Iterator[tuple[Box, Weights]]:
        """Each tile's place and weights."""
        axes = [self._weighted_parts(n, t) for n, t in zip(whole, tile, strict=True)]
        for (z, wz), (y, wy), (x, wx) in itertools.product(*axes):
            yield (z, y, x), wz[:, None, None] * wy[:, None] * wx

    def _weighted_parts(self, size: int, tile: int) -> list[tuple[slice, Weights]]:
        """Tiles along an axis and their weights, which sum to 1 at every voxel.

        The Gaussian is separable, so weights that sum to 1 along each axis do so in the volume too, and no
        array of summed weights is needed.
        """
        centred = np.arange(tile) - (tile // 2 if self.on_voxel else (tile - 1) / 2)
        bell = np.exp(-0.5 * (centred / (SIGMA * tile)) ** 2)
        parts = [slice(start, start + tile) for start in self._starts(size, tile)]
        total = np.zeros(size)
        for part in parts:
            total[part] += bell
        return [(part, (bell / total[part]).astype(np.float32)) for part in parts]

    def _starts(self, size: int, tile: int) -> list[int]:
        steps = int(np.ceil((size - tile) / max(1, tile * self.step)))
        return [int(s) for s in np.linspace(0, size - tile, steps + 1).round()]
