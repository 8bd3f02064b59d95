"""A CT that another program holds in memory, as 3D Slicer does, checked and brought to Hounsfield units."""

from __future__ import annotations

from typing import Any

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from ..errors import InputError
from ..volume import Grid, Note, Scan, Source
from .extent import FARTHEST_MM, require_plausible_extent
from .hounsfield import AIR_HU, change_notes, require_hounsfield, settle
from .memory import require_memory
from .series import MIN_SLICES

RIGHT_ANGLE = 1e-3  # cosine up to which two axes still count as perpendicular


def read_array(values: NDArray[Any], affine: NDArray[np.float64], modality: str = "") -> Scan:
    """The scan that ``values`` are; sheared ones are resampled to a straight grid, with a note.

    Args:
        values: Hounsfield units of any type, [k, j, i]; they are copied.
        affine: 4x4 from index (i, j, k, 1) to LPS millimetres.
        modality: DICOM modality, ``""`` where nobody knows.

    Raises:
        InputError: ``input.not_ct``, ``input.two_d``, ``input.too_few_slices``, ``input.bad_geometry``,
            ``input.implausible_extent``, ``input.implausible_place``, ``input.too_large``,
            ``input.not_finite`` or ``input.not_hu``.
    """
    if modality not in ("", "CT"):
        raise InputError("input.not_ct", f"The volume is {modality}, not CT.", "Choose a CT volume.")
    if values.ndim != 3 or values.dtype.kind not in "iuf":
        raise InputError("input.two_d", "The image is not a volume of grey values.", "Choose a CT volume.")
    if min(values.shape) < MIN_SLICES:
        raise InputError(
            "input.too_few_slices",
            f"The volume is only {min(values.shape)} voxels thick; at least {MIN_SLICES} are needed.",
            "Load the whole series.",
        )
    axes = affine[:3, :3]
    far = not np.abs(affine[:3]).max() <= FARTHEST_MM  # NaN is far, too
    if far or abs(np.linalg.det(axes)) < 1e-9:
        raise InputError(
            "input.bad_geometry",
            "The place of the volume in the patient cannot be right.",
            "Load the study again from its DICOM files.",
        )
    voxels = np.empty(values.shape, np.int16)
    changed = [settle(plane, out) for plane, out in zip(values, voxels, strict=True)]
    require_hounsfield(voxels)
    notes = change_notes(changed, voxels.size)
    spacing = np.linalg.norm(axes, axis=0)
    grid = _grid(values.shape[::-1], spacing, affine[:3, 3], axes / spacing)
    require_plausible_extent(grid)
    if _is_sheared(axes / spacing):
        voxels, grid = _straightened(voxels, grid)
        sentence = "The axes of the volume are not at right angles; it was resampled to a straight grid."
        notes.append(Note("input.sheared", sentence))
    return Scan(voxels, grid, Source("", "array", modality), tuple(notes))


def _is_sheared(direction: NDArray[np.float64]) -> bool:
    return bool(np.abs(direction.T @ direction - np.eye(3)).max() > RIGHT_ANGLE)


def _straightened(voxels: NDArray[np.int16], grid: Grid) -> tuple[NDArray[np.int16], Grid]:
    """Keep the planes of the slices and the direction of their rows; widen the grid to hold every voxel."""
    tilted = np.reshape(grid.direction, (3, 3))
    across = np.cross(tilted[:, 0], tilted[:, 1])
    across *= np.sign(across @ tilted[:, 2]) / np.linalg.norm(across)
    along = tilted[:, 0]
    straight = np.stack([along, np.cross(across, along), across], axis=1)
    straight[:, 1] *= np.sign(straight[:, 1] @ tilted[:, 1])
    spacing = np.array(grid.spacing_mm) * np.abs(np.diagonal(straight.T @ tilted))
    corners = np.stack(np.meshgrid(*([0, n - 1] for n in grid.size)), axis=-1).reshape(-1, 3)
    places = (corners @ grid.affine[:3, :3].T + grid.affine[:3, 3]) @ straight
    low, high = places.min(axis=0), places.max(axis=0)
    size = np.rint((high - low) / spacing).astype(int) + 1
    wanted = _grid(tuple(int(n) for n in size), spacing, straight @ low, straight)
    require_plausible_extent(wanted)
    require_memory(wanted.voxels)
    resampled = sitk.Resample(
        grid.image(voxels),
        wanted.size,
        sitk.Transform(),
        sitk.sitkLinear,
        wanted.origin_mm,
        wanted.spacing_mm,
        wanted.direction,
        AIR_HU,
        sitk.sitkInt16,
    )
    return sitk.GetArrayFromImage(resampled), wanted


def _grid(
    size: tuple[int, ...],
    spacing: NDArray[np.float64],
    origin: NDArray[np.float64],
    direction: NDArray[np.float64],
) -> Grid:
    return Grid(
        (size[0], size[1], size[2]),
        (float(spacing[0]), float(spacing[1]), float(spacing[2])),
        (float(origin[0]), float(origin[1]), float(origin[2])),
        tuple(float(cosine) for cosine in direction.ravel()),
    )
