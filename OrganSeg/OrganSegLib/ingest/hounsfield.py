"""Hounsfield units: voxels of any type brought to them, and a histogram that must be a CT's."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..volume import Note

AIR_HU = -1024
INT16_MAX = 32767
SAMPLES = 2_000_000


def settle(values: NDArray[Any], out: NDArray[np.int16]) -> tuple[int, int]:
    """Write ``values`` in HU, of any type, into ``out`` as whole HU from -1024; both are one slice.

    Rounding errs by at most 0.5 HU, far below the noise of any CT, and halves the memory. NaN and infinities
    become air; so does everything below air, which scanners write outside their field of view (-2000, -3024
    and the like).

    Returns:
        How many voxels were not finite, and how many of the finite ones were below -1024 HU.
    """
    broken = 0
    if np.issubdtype(values.dtype, np.floating):
        broken = int(np.count_nonzero(~np.isfinite(values)))
        values = np.rint(np.nan_to_num(values, nan=AIR_HU, posinf=AIR_HU, neginf=AIR_HU))
    below = int(np.count_nonzero(values < AIR_HU))
    out[...] = np.clip(values, AIR_HU, INT16_MAX)
    return broken, below


def change_notes(changed: Iterable[tuple[int, int]], voxels: int) -> list[Note]:
    """Notes on what `settle` changed in slices of ``voxels`` voxels in all; none when nothing was.

    Raises:
        InputError: ``input.not_finite`` when no voxel has a value.
    """
    broken, below = np.sum(list(changed), axis=0)
    if broken == voxels:
        sentence = "Not one voxel has a finite value."
        raise InputError(
            "input.not_finite", sentence, "Convert the study again from the original DICOM files."
        )
    notes = []
    if broken:
        sentence = f"{broken} voxels had no finite value and were taken as air ({AIR_HU} HU)."
        notes.append(Note("input.not_finite", sentence))
    if below:
        share = 100 * below / voxels
        sentence = (
            f"{share:.1f} % of the voxels held the scanner's padding or values below {AIR_HU} HU "
            f"and were set to {AIR_HU} HU."
        )
        notes.append(Note("input.padding", sentence))
    return notes


def require_hounsfield(voxels: NDArray[np.int16]) -> None:
    """Refuse a volume whose histogram cannot be that of a CT in Hounsfield units.

    A body in air gives three things: values below -200 (air, lung, gas), at least some water-like tissue
    (-200 to 300), and less bone than soft tissue. Label maps, MR, windowed 8-bit images and stored values
    without their intercept of -1024 each lack one of them.

    Args:
        voxels: [k, j, i].

    Raises:
        InputError: ``input.not_hu``.
    """
    stride = max(1, round((voxels.size / SAMPLES) ** (1 / 3)))
    sample = voxels[::stride, ::stride, ::stride]
    dark, tissue, dense = (
        np.count_nonzero((sample >= start) & (sample < stop)) / sample.size
        for start, stop in ((AIR_HU, -200), (-200, 300), (300, 2000))
    )
    if dark < 0.0001:
        reason = "nothing in it is as dark as air or lung"
    elif tissue < 0.01:
        reason = "almost nothing in it is as dense as soft tissue"
    elif dense > 0.5 * tissue:
        reason = "more of it is as dense as bone than a body can be"
    else:
        return
    raise InputError(
        "input.not_hu",
        f"The values (from {voxels.min()} to {voxels.max()}) are not Hounsfield units: {reason}. "
        "It may be a label map, another modality, or a CT whose values were rescaled.",
        "Give the original CT, with its values in Hounsfield units.",
    )
