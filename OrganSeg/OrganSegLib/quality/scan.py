"""Reasons to doubt a whole scan, and what a reader must know of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..field import Field, body_axis
from ..measure import OrganMeasurements
from ..volume import Scan
from .anatomy import anatomy
from .body import Body
from .contrast import contrast_phase
from .kinds import Flag
from .position import midline, on_wrong_side

SHORT_MM = 120.0  # of the patient's length: too little to see most organs whole
CUT_MM, CUT_SHARE = 30.0, 0.1  # of the trunk at a side, and of the slices that show it
ARM_SHARE = 0.1  # of the slices
METAL_HU, METAL_ML = 2500, 0.3
NOISY_HU = 30.0
BLOCK_MM, NOISE_SLICES = 6.0, 8
SOFT_HU = (0.0, 170.0)  # mean of blocks of soft tissue
LEAST_BLOCKS = 30
LEAST_MIRRORED = 3  # organs
SIDES = ("right", "front", "left", "back")


def check_scan(scan: Scan, measurements: Sequence[OrganMeasurements]) -> list[Flag]:
    """What of the scan itself may mislead segmentation and measurements.

    Args:
        scan: that was segmented.
        measurements: of its organs.
    """
    field = Field.of(scan)
    body = Body.of(scan, field)
    return [
        *_mirrored(measurements, body),
        *_cropped(body),
        *_metal(body),
        *_noisy(noise_hu(scan)),
        *_arms(body),
        *_phase(measurements),
    ]


def noise_hu(scan: Scan) -> float | None:
    """Standard deviation in homogeneous soft tissue; None where there is too little of it.

    The commonest one of small blocks of axial slices, which those with a vessel or an edge do not change
    (O. Christianson et al., *Automated technique to measure noise in clinical CT examinations*, AJR 2015).
    """
    through = body_axis(scan.grid)
    planes = np.moveaxis(scan.voxels, through, 0)
    across = [mm for axis, mm in enumerate(scan.grid.spacing_mm[::-1]) if axis != through]
    sides = [max(3, round(BLOCK_MM / mm)) for mm in across]
    chosen = np.linspace(0, len(planes) - 1, NOISE_SLICES + 2).astype(int)[1:-1]
    deviations = np.concatenate([_block_deviations(planes[n], sides) for n in np.unique(chosen)])
    if len(deviations) < LEAST_BLOCKS:
        return None
    counts, edges = np.histogram(deviations, bins=max(10, len(deviations) // 50), range=(0, deviations.max()))
    most = int(counts.argmax())
    return float((edges[most] + edges[most + 1]) / 2)


def _block_deviations(plane: NDArray[Any], sides: Sequence[int]) -> NDArray[np.float64]:
    rows, columns = (n // side for n, side in zip(plane.shape, sides, strict=True))
    blocks = plane[: rows * sides[0], : columns * sides[1]].reshape(rows, sides[0], columns, sides[1])
    middle = blocks[:, sides[0] // 2, :, sides[1] // 2]
    soft = blocks.transpose(0, 2, 1, 3)[(middle > SOFT_HU[0]) & (middle < SOFT_HU[1])]
    values = soft.reshape(len(soft), sides[0] * sides[1]).astype(np.float32)
    mean = values.mean(axis=1)
    return np.asarray(values.std(axis=1)[(mean > SOFT_HU[0]) & (mean < SOFT_HU[1])], float)


def _mirrored(measurements: Sequence[OrganMeasurements], body: Body) -> list[Flag]:
    sided = [organ for organ in measurements if organ.centroid_mm and organ.name in anatomy()]
    sided = [organ for organ in sided if anatomy()[organ.name].side]
    middle = midline(sided, body.middle_mm)
    wrong = [organ for organ in sided if on_wrong_side(organ, anatomy()[organ.name].side, middle, None)]
    if len(wrong) < LEAST_MIRRORED or len(wrong) <= len(sided) / 2:
        return []
    sentence = (
        f"{len(wrong)} of {len(sided)} organs lie on the wrong side: the scan, or the body, is mirrored."
    )
    return [Flag("mirrored", "warning", sentence)]


def _cropped(body: Body) -> list[Flag]:
    flags = []
    if body.length_mm < SHORT_MM:
        sentence = f"The scan shows only {body.length_mm / 10:.0f} cm of the body's length."
        flags.append(Flag("cropped_field", "note", sentence, round(body.length_mm)))
    shares = np.mean([np.array(cut.cut_mm) > CUT_MM for cut in body.slices], axis=0)
    sides = [side for side, share in zip(SIDES, shares, strict=True) if share > CUT_SHARE]
    if sides:
        sentence = f"The field of view cuts the body off at its {' and '.join(sides)}."
        flags.append(Flag("cropped_field", "note", sentence))
    return flags


def _metal(body: Body) -> list[Flag]:
    ml = float(np.count_nonzero(body.hu > METAL_HU) * body.spacing_mm.prod() / 1000)
    if ml < METAL_ML:
        return []
    sentence = "Metal, or contrast as dense, is in the scan: streaks around it may mislead the segmentation."
    return [Flag("metal", "note", sentence, round(ml, 1))]


def _noisy(noise: float | None) -> list[Flag]:
    if noise is None or noise < NOISY_HU:
        return []
    sentence = f"The scan is noisy ({noise:.0f} HU in soft tissue): borders of organs may be ragged."
    return [Flag("noise", "note", sentence, round(noise, 1))]


def _arms(body: Body) -> list[Flag]:
    share = float(np.mean([cut.arms > 0 for cut in body.slices]))
    if share < ARM_SHARE:
        return []
    sentence = "An arm lies beside the body: streaks from it may mislead the segmentation."
    return [Flag("arms", "note", sentence)]


def _phase(measurements: Sequence[OrganMeasurements]) -> list[Flag]:
    phase = contrast_phase(measurements)
    if phase is None:
        return []
    what = "without contrast" if phase == "native" else f"in the {phase} phase"
    return [Flag("contrast_phase", "note", f"By its Hounsfield units, the scan was taken {what}.", phase)]
