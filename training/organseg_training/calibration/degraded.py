"""Worse images of the same person, in which a network makes mistakes that it would not make otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from OrganSegLib.preprocess import crop_grid
from OrganSegLib.volume import Scan
from scipy import ndimage as ndi

NOISE_HU = (60.0, 120.0, 240.0)  # standard deviation, white
BLUR_MM = (3.0, 6.0)  # standard deviation
SLICES_MM = (10.0, 20.0)
SHIFTS_HU = (-150.0, -75.0, 75.0, 150.0)
KEPT = (0.6, 0.3)  # of each axis that is cut, in its middle
CUTS = {"length": (0,), "width": (1, 2)}


def degraded(scan: Scan) -> Iterator[tuple[str, Scan]]:
    """(name of the change, changed scan): noise, blur, thick slices, shifted HU, a cropped field.

    The same on every call. Voxels stay where they are in the patient; cropped scans have fewer of them.
    """
    rng = np.random.default_rng(0)
    hu = scan.voxels.astype(np.float32)
    spacing = np.array(scan.grid.spacing_mm[::-1])
    for hu_sd in NOISE_HU:
        noise = rng.standard_normal(hu.shape, np.float32) * np.float32(hu_sd)
        yield f"noise {hu_sd:g} HU", replace(scan, voxels=hu + noise)
    for mm in BLUR_MM:
        yield f"blur {mm:g} mm", replace(scan, voxels=ndi.gaussian_filter(hu, mm / spacing))
    for mm in SLICES_MM:
        slices = max(1, round(mm / spacing[0]))
        yield f"slices {mm:g} mm", replace(scan, voxels=ndi.uniform_filter1d(hu, slices, axis=0))
    for shift in SHIFTS_HU:
        yield f"shift {shift:+g} HU", replace(scan, voxels=hu + np.float32(shift))
    for kept in KEPT:
        for name, axes in CUTS.items():
            yield f"{kept:.0%} of the {name}", _cropped(scan, kept, axes)


def _cropped(scan: Scan, kept: float, axes: tuple[int, ...]) -> Scan:
    """The middle of the scan, at least one voxel."""
    cuts = [int(n * (1 - kept) / 2) if axis in axes else 0 for axis, n in enumerate(scan.grid.shape)]
    k, j, i = (slice(cut, n - cut) for cut, n in zip(cuts, scan.grid.shape, strict=True))
    return replace(scan, voxels=scan.voxels[k, j, i], grid=crop_grid(scan.grid, (k, j, i)))
