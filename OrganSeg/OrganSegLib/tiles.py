"""One pass over the whole volume, or overlapping tiles blended into one result: numpy only."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .plan import Plan
from .progress import Progress
from .runtimes import usable_cores
from .tilings import EvenTiles, Shape, Tiling
from .volume import FloatArray

Run = Callable[[NDArray[np.float32]], NDArray[np.float32]]

HALF_PRECISION_ABOVE = 2 << 30


def smallest_shape(plan: Plan) -> Shape:
    """The smallest network input, (z, y, x): the training patch, rounded up to the plan's multiple."""
    x, y, z = (_round_up(n, m) for n, m in zip(plan.patch, plan.multiples, strict=True))
    return z, y, x


def padded_shape(whole: Shape, plan: Plan) -> Shape:
    """What a volume is filled up to with air: half the training patch, or all of it where it must see that.

    Half is enough: a slab of 13 slices in 32 instead of 64 took half the time and was found as well (mean
    Dice 0.64 against 0.62 on the one labelled slab).
    """
    smallest = smallest_shape(plan)
    if plan.field_of_view == "whole":
        halves = zip(smallest, plan.multiples[::-1], strict=True)
        smallest = tuple(_round_up(-(-n // 2), multiple) for n, multiple in halves)
    return tuple(max(pair) for pair in zip(whole, smallest, strict=True))


def tile_shapes(whole: Shape, plan: Plan) -> Iterator[Shape]:
    """Ever smaller fields of view: the whole volume, then its longest side halved, down to the patch.

    Only the patch where the plan says that the network must see no more.
    """
    tile = whole
    smallest = tuple(min(pair) for pair in zip(whole, smallest_shape(plan), strict=True))
    if plan.field_of_view == "patch":
        tile = smallest
    multiples = plan.multiples[::-1]
    while True:
        yield tile
        axis = max(range(3), key=lambda a: tile[a] / smallest[a])
        half = max(smallest[axis], _round_up(-(-tile[axis] // 2), multiples[axis]))
        if half >= tile[axis]:
            return
        tile = (*tile[:axis], half, *tile[axis + 1 :])


def tiled_bytes(channels: int, whole: Shape) -> int:
    """Memory that the blended logits take."""
    return channels * math.prod(whole) * np.dtype(tiled_type(channels, whole)).itemsize


def run_tiles(
    run: Run,
    voxels: NDArray[np.float32],
    channels: int,
    tile: Shape,
    progress: Progress,
    tiling: Tiling = EvenTiles(),
) -> FloatArray:
    """The network over a volume, tile by tile, what overlaps blended.

    Args:
        run: the network: (1, windows, z, y, x) -> (channels, z, y, x).
        voxels: (windows, z, y, x), at least as large as the tile.
        channels: that the network gives.
        tile: (z, y, x).
        progress: told the fraction of tiles done; may raise `Cancelled` between two of them.
        tiling: where tiles lie and what their voxels count.

    Returns:
        What the network gives, (channels, z, y, x): float32, or float16 where tiles would exceed 2 GiB.
    """
    whole = voxels.shape[1:]
    if tile == whole:
        return run(voxels[None])
    blended = np.zeros((channels, *whole), tiled_type(channels, whole))
    count = tiling.count(whole, tile)
    with ThreadPoolExecutor(usable_cores()) as pool:
        for done, (box, weights) in enumerate(tiling.tiles(whole, tile)):
            progress.report("Finding organs, part by part", done / count)
            part = run(np.ascontiguousarray(voxels[None, :, *box]))
            add = partial(_add, blended[:, *box], part, weights)
            list(pool.map(add, range(channels)))
    return blended


def _add(total: FloatArray, part: NDArray[np.float32], weights: NDArray[np.float32], channel: int) -> None:
    part[channel] *= weights
    total[channel] += part[channel]


def tiled_type(channels: int, whole: Shape) -> type[np.floating[Any]]:
    """What large results are kept in."""
    return np.float16 if 4 * channels * math.prod(whole) > HALF_PRECISION_ABOVE else np.float32


def _round_up(n: int, multiple: int) -> int:
    return -(-n // multiple) * multiple
