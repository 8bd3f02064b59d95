"""Patient space to network space: one resampling, one crop, one normalisation, shared with training."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from .errors import ResourceError
from .plan import Plan, Window
from .volume import FloatArray, Grid, Scan

AIR_HU = -1024.0
BODY_HU = -300.0
BARE_AIR_HU = -950.0  # more than half of the air around a body is below, most of a lung above
MARGIN_VOXELS = 2

Box = tuple[slice, slice, slice]


@dataclass(frozen=True)
class NetworkInput:
    """The body as the network sees it.

    Attributes:
        voxels: float32, (windows, z, y, x), normalised, padded to the plan's multiple.
        grid: grid of the unpadded crop: axes along LPS, the plan's spacing.
        body: the body and all it encloses on an axial slice, (z, y, x) of the crop: no organ lies elsewhere;
            None where that is not known.
        part: which of the voxels are the grid's; a slice runs backwards where the network sees an axis the
            other way round. None where they begin with the first and padding follows the last.
    """

    voxels: NDArray[np.float32]
    grid: Grid
    body: NDArray[np.bool_] | None = None
    part: Box | None = None

    def on_grid(self, values: FloatArray) -> FloatArray:
        """What the network gave for its input, (channels, z, y, x), at the voxels of the grid."""
        z, y, x = self.part or (slice(0, n) for n in self.grid.shape)
        return values[:, z, y, x]


def preprocess(scan: Scan, plan: Plan) -> NetworkInput:
    """Resample to the plan's spacing along the patient's axes, crop to the body, normalise and pad.

    Weights that learned with nnU-Net or MONAI get what that would have given them.

    Raises:
        ResourceError: ``resource.memory`` where the plan's voxels are too many for this computer.
    """
    _require_memory(scan, plan)
    if plan.nnunet is not None:
        from .nnunet_input import prepare  # which builds on this module

        return prepare(scan, plan, plan.nnunet)
    if plan.bundle is not None:
        from . import bundle_input  # likewise

        return bundle_input.prepare(scan, plan, plan.bundle)
    hu, grid = resample(scan, plan.spacing_mm)
    box = body_box(hu)
    cropped = hu[box]
    padding = [(0, pad) for pad in _padding(cropped.shape, plan)]
    voxels = normalise(np.pad(cropped, padding, constant_values=AIR_HU), plan.windows)
    return NetworkInput(voxels, crop_grid(grid, box), body_mask(cropped))


def _require_memory(scan: Scan, plan: Plan) -> None:
    """Refuse early: where the system promises more than it has, it is not this program that it ends."""
    from .runtimes import free_ram

    voxels = math.prod(network_grid(scan.grid, plan.spacing_mm).size)
    needed, free = 4 * voxels * (1 + len(plan.windows)), free_ram()
    if needed > free:
        raise ResourceError(
            "resource.memory",
            f"The model {plan.name} sees this scan as {voxels:,} voxels, which need {needed / 1e9:.1f} GB of "
            f"memory; {free / 1e9:.1f} GB are free.",
            "Close other programs, or use a model with larger voxels.",
        )


def network_grid(grid: Grid, spacing_mm: tuple[float, float, float]) -> Grid:
    """The grid of the given spacing, axes along LPS, that covers ``grid`` and shares its centre.

    A spacing of 0 along z keeps that of ``grid`` along its axis nearest to z.
    """
    edges = np.array([[-0.5, n - 0.5] for n in grid.size])
    corners = np.stack(np.meshgrid(*edges, indexing="ij"), -1).reshape(-1, 3)
    points = corners @ grid.affine[:3, :3].T + grid.affine[:3, 3]
    low, high = points.min(0), points.max(0)
    own = grid.spacing_mm[int(np.abs(grid.direction[6:]).argmax())]
    spacing_mm = (*spacing_mm[:2], spacing_mm[2] or own)
    spacing = np.asarray(spacing_mm)
    size = np.maximum(1, np.round((high - low) / spacing)).astype(int)
    origin = (low + high) / 2 - (size - 1) / 2 * spacing
    return Grid(_ints(size), spacing_mm, _floats(origin))


def resample(scan: Scan, spacing_mm: tuple[float, float, float]) -> tuple[NDArray[np.float32], Grid]:
    """HU on `network_grid`: averaged over whole voxels first, so that noise does not alias, then linear.

    Returns:
        float32 HU, (z, y, x), and its grid. Outside the scan is air.
    """
    grid = network_grid(scan.grid, spacing_mm)
    image = scan.grid.image(scan.voxels)
    along = np.abs(np.reshape(scan.grid.direction, (3, 3)))
    wanted = along.T @ np.asarray(grid.spacing_mm)
    each_axis = zip(wanted, scan.grid.spacing_mm, scan.grid.size, strict=True)
    bins = [max(1, min(int(w / s + 1e-3), n)) for w, s, n in each_axis]
    if max(bins) > 1:
        image = sitk.BinShrink(image, bins)
    resampler = sitk.ResampleImageFilter()
    resampler.SetSize(grid.size)
    resampler.SetOutputSpacing(grid.spacing_mm)
    resampler.SetOutputOrigin(grid.origin_mm)
    resampler.SetOutputPixelType(sitk.sitkFloat32)
    resampler.SetDefaultPixelValue(AIR_HU)
    # Binning drops an incomplete last bin; on an aligned grid its neighbours stand in for it.
    resampler.SetUseNearestNeighborExtrapolator(is_aligned(scan.grid))
    return sitk.GetArrayFromImage(resampler.Execute(image)), grid


def is_aligned(grid: Grid, tolerance: float = 1e-3) -> bool:
    """True where every voxel axis runs along a patient axis (either way)."""
    along = np.abs(np.reshape(grid.direction, (3, 3)))
    return bool(np.all((along < tolerance) | (along > 1 - tolerance)))


def normalise(hu: Any, windows: tuple[Window, ...]) -> Any:
    """HU (z, y, x) -> network channels (windows, z, y, x), for numpy arrays and torch tensors alike."""
    channels = [(hu.clip(w.low, w.high) - w.centre) / w.scale for w in windows]
    if isinstance(hu, np.ndarray):
        return np.stack(channels).astype(np.float32, copy=False)
    import torch

    return torch.stack(channels)


def body_box(hu: NDArray[np.float32], margin: int = MARGIN_VOXELS) -> Box:
    """Bounding box of the largest dense object and a margin; the whole array where there is none.

    Looked for on every second voxel: the box needs no finer look and the table falls away with the rest.
    """
    body = _largest_dense(hu[::2, ::2, ::2])
    if not body.any():
        whole = tuple(slice(0, n) for n in hu.shape)
        return whole[0], whole[1], whole[2]
    box = []
    for axis, n in enumerate(hu.shape):
        other = tuple(a for a in range(3) if a != axis)
        hit = 2 * np.flatnonzero(body.any(other))
        box.append(slice(max(0, int(hit[0]) - margin), min(n, int(hit[-1]) + 2 + margin)))
    return box[0], box[1], box[2]


def body_mask(hu: NDArray[np.float32]) -> NDArray[np.bool_]:
    """The largest dense object and what it encloses on its axial slices: lungs and bowel gas, not the table.

    Outside is air that reaches the side of the image, or the part of it that was not scanned. A lung that a
    small or an oblique field of view opens to there is not mostly bare air, and stays.
    """
    from scipy import ndimage as ndi  # not at the top: a warm worker starts without it

    plus = ndi.generate_binary_structure(2, 1)[None]  # on the slice: neighbours share an edge

    def mostly_bare(air: NDArray[np.bool_], reaching: NDArray[np.bool_]) -> NDArray[np.bool_]:
        pieces, count = ndi.label(air, np.pad(plus, ((1, 1), (0, 0), (0, 0))))
        size = np.bincount(pieces.ravel(), minlength=count + 1)
        bare = np.bincount(pieces.ravel(), (hu < BARE_AIR_HU).ravel(), count + 1)
        chosen = np.bincount(pieces[reaching], minlength=count + 1) > 0
        chosen &= bare > size / 2
        chosen[0] = False
        return np.asarray(chosen[pieces])

    side = np.zeros(hu.shape, bool)
    side[:, [0, -1]] = side[:, :, [0, -1]] = True
    not_scanned = mostly_bare(hu <= AIR_HU, side)
    beside = mostly_bare((hu <= BODY_HU) & ~not_scanned, side | ndi.binary_dilation(not_scanned, plus))
    objects, _ = ndi.label(~(not_scanned | beside))
    return np.asarray(objects == objects[_largest_dense(hu)].max(initial=-1))


def _largest_dense(hu: NDArray[np.float32]) -> NDArray[np.bool_]:
    dense = sitk.GetImageFromArray((hu > BODY_HU).astype(np.uint8))
    parts = sitk.RelabelComponent(sitk.ConnectedComponent(dense))
    return np.asarray(sitk.GetArrayViewFromImage(parts) == 1)


def crop_grid(grid: Grid, box: Box) -> Grid:
    """The grid of ``array[box]`` where ``grid`` is that of the array [k, j, i]."""
    start = np.array([box[2].start, box[1].start, box[0].start])
    origin = grid.affine[:3, :3] @ start + grid.affine[:3, 3]
    size = np.array([s.stop - s.start for s in reversed(box)])
    return Grid(_ints(size), grid.spacing_mm, _floats(origin), grid.direction)


def _padding(shape: tuple[int, ...], plan: Plan) -> list[int]:
    return [-n % multiple for n, multiple in zip(shape, reversed(plan.multiples), strict=True)]


def _ints(values: NDArray[Any]) -> tuple[int, int, int]:
    i, j, k = (int(v) for v in values)
    return i, j, k


def _floats(values: NDArray[Any]) -> tuple[float, float, float]:
    x, y, z = (float(v) for v in values)
    return x, y, z
