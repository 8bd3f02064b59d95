"""How far two surfaces lie apart, each weighted by its area, so that anisotropic voxels do not mislead."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class SurfaceAgreement:
    """Distances between the surfaces of truth and prediction.

    Attributes:
        nsd: normalised surface Dice: share of both surfaces within the tolerance of the other one.
        hd95_mm: the larger of the two directed 95th percentiles of the distance.
        assd_mm: mean distance over both surfaces.
    """

    nsd: float
    hd95_mm: float
    assd_mm: float


def compare_surfaces(
    truth: Mask, predicted: Mask, spacing_mm: tuple[float, ...], tolerance_mm: float
) -> SurfaceAgreement:
    """Compare the surfaces of two masks that are both not empty.

    Surface elements and their areas are MONAI's: one for each 2 x 2 x 2 voxels that the surface passes
    through, so that distances are good to about half a voxel. Beyond the array is background. Definitions:
    Nikolov et al., J Med Internet Res 2021, doi:10.2196/26151.

    Args:
        truth, predicted: of one shape, (z, y, x).
        spacing_mm: in the order of the axes, z, y, x.
    """
    from monai.metrics.utils import get_mask_edges, get_surface_distance

    edges = get_mask_edges(predicted, truth, spacing=spacing_mm)
    found, true, found_area, true_area = (np.asarray(part) for part in edges)
    there = np.asarray(get_surface_distance(found, true, spacing=spacing_mm), np.float64)
    back = np.asarray(get_surface_distance(true, found, spacing=spacing_mm), np.float64)
    distances = np.concatenate([there, back])
    areas = np.concatenate([found_area[found], true_area[true]]).astype(np.float64)
    return SurfaceAgreement(
        nsd=float(areas[distances <= tolerance_mm].sum() / areas.sum()),
        hd95_mm=max(_percentile(there, found_area[found]), _percentile(back, true_area[true])),
        assd_mm=float(distances @ areas / areas.sum()),
    )


def _percentile(distances: FloatArray, areas: FloatArray, share: float = 0.95) -> float:
    """The distance that ``share`` of the area does not exceed."""
    order = np.argsort(distances)
    covered = np.cumsum(areas[order], dtype=np.float64)
    place = int(np.searchsorted(covered, share * covered[-1]))
    return float(distances[order[min(place, len(order) - 1)]])
