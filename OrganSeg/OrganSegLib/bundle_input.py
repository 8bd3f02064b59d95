"""A scan as a MONAI bundle prepares it: oriented, resampled linearly from its first voxel on, scaled, padded.

Source: the behaviour of MONAI's transforms; Cardoso et al. 2022, arXiv:2211.02701.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from .oriented import along_lps, padded, turned
from .plan import BundleInput, Plan
from .preprocess import NetworkInput, body_box, crop_grid, normalise
from .volume import Grid, Scan

SAME = 1e-3  # millimetres, and share: a spacing that differs by less is left as it is
# MONAI's rounding lets voxels miss those that they coincide with: an HU of exactly 0 among others is none.
# It matters where all is normalised that is not 0.
BESIDE_MM = 1e-8
PADDING = {"constant": "constant", "replicate": "edge"}  # PyTorch's words in NumPy's

FloatArray = NDArray[np.float32]


def prepare(scan: Scan, plan: Plan, way: BundleInput) -> NetworkInput:
    """The network's input, float32 (windows, z, y, x).

    Where the plan allows the whole body at once, what lies beside the body is left out, after it has had its
    say in the scaling.
    """
    hu, grid = _resampled(*turned(scan, plan, way.orientation), plan)
    channels = normalise(hu, plan.windows)
    for channel in channels:
        _standardise(channel, way.standardise)
        if way.span:
            _stretch(channel, *way.span)
    if plan.field_of_view == "whole":
        box = body_box(hu)
        channels, grid = channels[:, *box], crop_grid(grid, box)
    voxels, inside = padded(channels, plan, PADDING[way.padding])
    along, part = along_lps(grid, inside)
    return NetworkInput(voxels, along, part=part)


def _resampled(voxels: NDArray[Any], grid: Grid, plan: Plan) -> tuple[FloatArray, Grid]:
    """Linear, between the same first voxels' centres; what lies beyond the last ones is as at them."""
    steps = zip(grid.spacing_mm, plan.spacing_mm, strict=True)
    spacing = tuple(old if abs(old - new) <= SAME else new for old, new in steps)
    axes = list(zip(grid.size, grid.spacing_mm, spacing, strict=True))
    # Divided in MONAI's order: where a grid ends half-way between voxels, the last bit counts.
    size = tuple(round(1 / new * old * (n - 1) + 1) for n, old, new in axes)
    if size == grid.size and all(abs(new / old - 1) <= SAME for _, old, new in axes):
        return np.ascontiguousarray(voxels, np.float32), grid
    # More than half a voxel beyond one axis, SimpleITK would not interpolate along the others either.
    image = grid.image(np.pad(voxels, [(0, 1)] * 3, "edge"))
    resampled = sitk.Resample(
        *(image, size, sitk.TranslationTransform(3, (BESIDE_MM,) * 3), sitk.sitkLinear),
        *(grid.origin_mm, spacing, grid.direction),
        outputPixelType=sitk.sitkFloat32,
    )
    return sitk.GetArrayFromImage(resampled), Grid.of(resampled)


def _standardise(channel: FloatArray, how: str) -> None:
    if how != "no":
        seen = channel != 0 if how == "zero" else np.ones(channel.shape, bool)
        if seen.any():
            inside = channel[seen]
            channel[seen] = (inside - inside.mean(dtype=np.float64)) / (inside.std(dtype=np.float64) or 1)


def _stretch(channel: FloatArray, low: float, high: float) -> None:
    """Scale so that the least value becomes ``low`` and the largest ``high``."""
    least, largest = channel.min(), channel.max()
    if largest > least:
        channel -= least
        channel *= (high - low) / (largest - least)
        channel += low
    else:
        channel *= low
