"""One pass over the whole volume, or overlapping tiles blended into one result: numpy only."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .plan import Plan
from .progress import Progress
from .volume import FloatArray

Shape = tuple[int, ...]
Run = Callable[[NDArray[np.float32]], NDArray[np.float32]]

OVERLAP = 0.5
SIGMA = 1 / 8
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


def tile_count(whole: Shape, tile: Shape) -> int:
    """How many tiles cover the volume."""
    return math.prod(len(_starts(n, t)) for n, t in zip(whole, tile, strict=True))


def tiled_bytes(channels: int, whole: Shape) -> int:
    """Memory that the blended logits take."""
    return channels * math.prod(whole) * np.dtype(_tiled_type(channels, whole)).itemsize


def run_tiles(
    run: Run,
    voxels: NDArray[np.float32],
    channels: int,
    tile: Shape,
    progress: Progress,
    on_voxel: bool = False,
) -> FloatArray:
    """The network over a volume, tile by tile, half overlapping, weighted by a Gaussian.

    Args:
        run: the network: (1, windows, z, y, x) -> (channels, z, y, x).
        voxels: (windows, z, y, x), at least as large as the tile.
        channels: that the network gives.
        tile: (z, y, x).
        progress: told the fraction of tiles done; may raise `Cancelled` between two of them.
        on_voxel: let the Gaussian peak on the voxel after the middle, as nnU-Net does, not on the middle.

    Returns:
        Logits, (channels, z, y, x): float32, or float16 where tiles would sum up to more than 2 GiB.

    Source: Isensee et al., Nature Methods 2021 (nnU-Net), doi:10.1038/s41592-020-01008-z.
    """
    whole = voxels.shape[1:]
    if tile == whole:
        return run(voxels[None])
    logits = np.zeros((channels, *whole), _tiled_type(channels, whole))
    axes = [_weighted_parts(n, t, on_voxel) for n, t in zip(whole, tile, strict=True)]
    tiles = list(itertools.product(*axes))
    for done, ((z, wz), (y, wy), (x, wx)) in enumerate(tiles):
        progress.report("Finding organs, part by part", done / len(tiles))
        part = run(np.ascontiguousarray(voxels[None, :, z, y, x]))
        part *= wz[:, None, None] * wy[:, None] * wx
        logits[:, z, y, x] += part
    return logits


def _tiled_type(channels: int, whole: Shape) -> type[np.floating[Any]]:
    return np.float16 if 4 * channels * math.prod(whole) > HALF_PRECISION_ABOVE else np.float32


def _weighted_parts(size: int, tile: int, on_voxel: bool) -> list[tuple[slice, NDArray[np.float32]]]:
    """Where tiles lie along an axis and their weights, which sum to 1 at every voxel.

    The Gaussian is separable, so weights that sum to 1 along each axis do so in the volume too, and no
    array of summed weights is needed.
    """
    centred = np.arange(tile) - (tile // 2 if on_voxel else (tile - 1) / 2)
    bell = np.exp(-0.5 * (centred / (SIGMA * tile)) ** 2)
    parts = [slice(start, start + tile) for start in _starts(size, tile)]
    total = np.zeros(size)
    for part in parts:
        total[part] += bell
    return [(part, (bell / total[part]).astype(np.float32)) for part in parts]


def _starts(size: int, tile: int) -> list[int]:
    steps = int(np.ceil((size - tile) / max(1, tile * (1 - OVERLAP))))
    return [int(s) for s in np.linspace(0, size - tile, steps + 1).round()]


def _round_up(n: int, multiple: int) -> int:
    return -(-n // multiple) * multiple
