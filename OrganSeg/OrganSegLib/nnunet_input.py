"""A scan as nnU-Net v2 prepares it: zeros around it go, it is normalised, resampled by splines and padded.

Source: Isensee et al., Nature Methods 2021, doi:10.1038/s41592-020-01008-z, and the behaviour of its code.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .oriented import along_lps, padded, turned
from .plan import NnUNetInput, Plan, Window
from .preprocess import Box, NetworkInput, body_box, crop_grid
from .splines import resize
from .totalsegmentator_input import shrink
from .volume import Grid, Scan, Triple

LEAST_MARGIN = 1  # voxels: enough to lose no skin, which is found on every second voxel
THICK = 3.0  # slices count as thick from this ratio of the largest to the smallest spacing on

FloatArray = NDArray[np.float32]


def prepare(scan: Scan, plan: Plan, way: NnUNetInput) -> NetworkInput:
    """The network's input, float32 (windows, z, y, x).

    Where the plan allows the whole body at once, what lies beside the body is left out as well.
    """
    hu, grid = turned(scan, plan, way.orientation)
    if way.shrunk:
        hu, grid = shrink(hu, grid, _spacing(plan, grid))
    closely = partial(body_box, margin=LEAST_MARGIN)
    for crop in (_not_zero, closely) if plan.field_of_view == "whole" else (_not_zero,):
        box = crop(hu)
        hu, grid = hu[box], crop_grid(grid, box)
    wanted = grid.spacing_mm if way.shrunk else _spacing(plan, grid)
    shape = tuple(
        max(1, round(old / new * n))
        for old, new, n in zip(grid.spacing_mm[::-1], wanted[::-1], grid.shape, strict=True)
    )
    apart = _thick_axis(way.separate_z, grid.spacing_mm, wanted)
    voxels = np.stack([_seen(hu, window, shape, apart, way) for window in plan.windows])
    voxels, inside = padded(voxels, plan)
    grid = _resized(grid, shape)
    along, part = along_lps(grid, inside)
    return NetworkInput(voxels, along, part=part)


def _seen(
    hu: NDArray[Any], window: Window, shape: tuple[int, ...], apart: int | None, way: NnUNetInput
) -> FloatArray:
    """The scan through one window, standardised and resampled, (z, y, x)."""
    clipped = np.clip(hu, window.low, window.high, dtype=np.float32, order="C")
    if way.standardise == "no":  # which is linear, as splines are: cheaper when fewer voxels are left
        return _scaled(_resampled(clipped, shape, apart, way), window)
    return _resampled(_standardised(_scaled(clipped, window), hu, way.standardise), shape, apart, way)


def _scaled(hu: FloatArray, window: Window) -> FloatArray:
    hu -= np.float32(window.centre)
    hu /= np.float32(window.scale)
    return hu


def _not_zero(hu: NDArray[Any]) -> Box:
    """Bounding box of the voxels that are not 0; the whole array where all are."""
    if all(hu.take(end, axis).any() for axis in range(3) for end in (0, -1)):
        return slice(0, hu.shape[0]), slice(0, hu.shape[1]), slice(0, hu.shape[2])  # as nearly always
    mask = hu != 0
    box = []
    for axis, n in enumerate(hu.shape):
        hit = np.flatnonzero(mask.any(tuple(a for a in range(3) if a != axis)))
        box.append(slice(int(hit[0]), int(hit[-1]) + 1) if len(hit) else slice(0, n))
    return box[0], box[1], box[2]


def _standardised(channel: FloatArray, hu: NDArray[Any], how: str) -> FloatArray:
    mask = np.ones(hu.shape, bool)
    if how == "zero":
        from scipy import ndimage as ndi

        mask = ndi.binary_fill_holes(hu != 0)
    inside = channel[mask]
    channel[mask] = (inside - inside.mean()) / max(inside.std(), 1e-8)
    return channel


def _spacing(plan: Plan, grid: Grid) -> Triple:
    """The plan's spacing, along a 2D network's slices that of the scan."""
    x, y, z = plan.spacing_mm
    return x, y, z or grid.spacing_mm[2]


def _thick_axis(separate: bool | None, scan: Triple, network: Triple) -> int | None:
    """The array axis of thick slices, which are interpolated one by one; None where there are none."""
    for spacing in (scan, network):
        if separate is False or (separate is None and max(spacing) / min(spacing) <= THICK):
            continue
        thickest = [axis for axis, mm in enumerate(reversed(spacing)) if mm == max(spacing)]
        return thickest[0] if len(thickest) == 1 else None
    return None


def _resampled(
    channel: FloatArray, shape: tuple[int, ...], apart: int | None, way: NnUNetInput
) -> FloatArray:
    """Splines overshoot at edges: they are held to the range of the slice, or the whole, they come from."""
    if channel.shape == shape:
        return channel
    axes = [axis for axis in range(3) if axis != apart]
    over = None if apart is None else tuple(axes)
    low, high = channel.min(over, keepdims=True), channel.max(over, keepdims=True)
    # The axis that shrinks most comes first: the rest has less to do.
    for axis in sorted(axes, key=lambda axis: shape[axis] / channel.shape[axis]):
        channel = resize(channel, shape[axis], axis, way.order)
    channel = channel.clip(low, high)
    return channel if apart is None else resize(channel, shape[apart], apart, way.order_z)


def _resized(grid: Grid, shape: tuple[int, ...]) -> Grid:
    """The grid with another number of voxels between the same outer faces."""
    size = np.array(shape[::-1])
    first = (np.array(grid.size) / size - 1) / 2  # index of the new first voxel's centre on the old grid
    origin = grid.affine[:3, :3] @ first + grid.affine[:3, 3]
    spacing = np.array(grid.spacing_mm) * grid.size / size
    x, y, z = (float(mm) for mm in spacing)
    u, v, w = (float(mm) for mm in origin)
    return Grid((shape[2], shape[1], shape[0]), (x, y, z), (u, v, w), grid.direction)
