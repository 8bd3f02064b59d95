"""A scan as nnU-Net v2 prepares it: zeros around it go, it is normalised, resampled by splines and padded.

Source: Isensee et al., Nature Methods 2021, doi:10.1038/s41592-020-01008-z, and the behaviour of its code.
"""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from .plan import NnUNetInput, Plan
from .preprocess import Box, NetworkInput, body_box, crop_grid, is_aligned, normalise, resample
from .splines import resize
from .tiles import padded_shape
from .volume import Grid, Scan, Triple

THICK = 3.0  # slices count as thick from this ratio of the largest to the smallest spacing on

FloatArray = NDArray[np.float32]


def prepare(scan: Scan, plan: Plan, way: NnUNetInput) -> NetworkInput:
    """The network's input, float32 (windows, z, y, x).

    Where the plan allows the whole body at once, what lies beside the body is left out as well.
    """
    hu, grid = _oriented(scan, plan, way.orientation)
    for crop in (_not_zero, body_box) if plan.field_of_view == "whole" else (_not_zero,):
        box = crop(hu)
        hu, grid = hu[box], crop_grid(grid, box)
    channels = _standardised(normalise(hu, plan.windows), hu, way.standardise)
    wanted = _spacing(plan, grid)
    shape = tuple(
        max(1, round(old / new * n))
        for old, new, n in zip(grid.spacing_mm[::-1], wanted[::-1], grid.shape, strict=True)
    )
    apart = _thick_axis(way.separate_z, grid.spacing_mm, wanted)
    voxels = np.stack([_resampled(channel, shape, apart, way) for channel in channels])
    voxels, inside = _padded(voxels, plan)
    grid = _resized(grid, shape)
    along, part = _along_lps(grid, inside)
    return NetworkInput(voxels, along, part=part)


def _oriented(scan: Scan, plan: Plan, orientation: str) -> tuple[FloatArray, Grid]:
    """The scan's own voxels in the network's orientation; an oblique scan is resampled to the patient's."""
    image = scan.grid.image(scan.voxels)
    if not is_aligned(scan.grid):
        hu, grid = resample(scan, plan.spacing_mm)
        image = grid.image(hu)
    image = sitk.DICOMOrient(image, orientation)
    return sitk.GetArrayFromImage(image).astype(np.float32, copy=False), Grid.of(image)


def _not_zero(hu: FloatArray) -> Box:
    """Bounding box of the voxels that are not 0; the whole array where all are."""
    mask = hu != 0
    box = []
    for axis, n in enumerate(hu.shape):
        hit = np.flatnonzero(mask.any(tuple(a for a in range(3) if a != axis)))
        box.append(slice(int(hit[0]), int(hit[-1]) + 1) if len(hit) else slice(0, n))
    return box[0], box[1], box[2]


def _standardised(channels: FloatArray, hu: FloatArray, how: str) -> FloatArray:
    if how == "no":
        return channels
    mask = np.ones(hu.shape, bool)
    if how == "zero":
        from scipy import ndimage as ndi

        mask = ndi.binary_fill_holes(hu != 0)
    for channel in channels:
        inside = channel[mask]
        channel[mask] = (inside - inside.mean()) / max(inside.std(), 1e-8)
    return channels


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


def _padded(voxels: FloatArray, plan: Plan) -> tuple[FloatArray, Box]:
    """Filled up on both sides to what the network takes, and where the voxels now lie."""
    shape = voxels.shape[1:]
    wanted = shape
    if plan.field_of_view == "whole":
        wanted = tuple(n + -n % m for n, m in zip(shape, reversed(plan.multiples), strict=True))
    missing = [w - n for w, n in zip(padded_shape(wanted, plan), shape, strict=True)]
    before = [m // 2 for m in missing]
    margins = [(0, 0), *((b, m - b) for b, m in zip(before, missing, strict=True))]
    k, j, i = (slice(b, b + n) for b, n in zip(before, shape, strict=True))
    return np.pad(voxels, margins), (k, j, i)


def _along_lps(grid: Grid, part: Box) -> tuple[Grid, Box]:
    """The same voxels with axes along LPS, and the slices that take them from an array of the given order."""
    signs = np.sign(np.diag(np.reshape(grid.direction, (3, 3))))
    last = np.where(signs < 0, np.array(grid.size) - 1, 0)
    origin = grid.affine[:3, :3] @ last + grid.affine[:3, 3]
    direction = np.reshape(grid.direction, (3, 3)) * signs
    x, y, z = (float(mm) for mm in origin)
    k, j, i = (_reversed(s) if sign < 0 else s for s, sign in zip(part, signs[::-1], strict=True))
    along = tuple(float(cosine) for cosine in direction.ravel())
    return Grid(grid.size, grid.spacing_mm, (x, y, z), along), (k, j, i)


def _reversed(part: slice) -> slice:
    return slice(part.stop - 1, part.start - 1 if part.start else None, -1)
