"""Are these voxels Hounsfield units, and do they fit into memory?"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..volume import Note

AIR_HU = -1024
INT16_MAX = 32767
# The least that a run needs per voxel: the int16 volume, a resampled copy, labels and room to work.
RUN_BYTES_PER_VOXEL = 8
SAMPLES = 2_000_000


def require_memory(voxels: int, bytes_per_voxel: int = RUN_BYTES_PER_VOXEL) -> None:
    """Refuse a volume before it is read, when it cannot fit.

    Raises:
        InputError: ``input.too_large``.
    """
    import psutil

    needed = voxels * bytes_per_voxel
    available = psutil.virtual_memory().available
    if needed > available:
        raise InputError(
            "input.too_large",
            f"The volume has {voxels / 1e6:.0f} million voxels and needs about {needed / 2**30:.1f} GB of memory; "
            f"{available / 2**30:.1f} GB are free.",
            "Close other programs, crop the volume to the region of interest, or use a larger computer.",
        )


def to_hounsfield(voxels: NDArray[Any]) -> tuple[NDArray[np.int16], list[Note]]:
    """``voxels`` of any type and shape as whole Hounsfield units from -1024, and notes on what changed.

    Rounding errs by at most 0.5 HU, far below the noise of any CT, and halves the memory.
    NaN and infinities become air; so does everything below air, which scanners write outside their field of
    view (-2000, -3024 and the like).
    """
    notes = []
    if np.issubdtype(voxels.dtype, np.floating):
        broken = ~np.isfinite(voxels)
        if count := int(np.count_nonzero(broken)):
            voxels = np.where(broken, AIR_HU, voxels)
            notes.append(
                Note("input.nan", f"{count} voxels had no finite value and were taken as air ({AIR_HU} HU).")
            )
        voxels = np.rint(voxels)
    below = int(np.count_nonzero(voxels < AIR_HU))
    if voxels.dtype != np.int16 or below:
        voxels = np.clip(voxels, AIR_HU, INT16_MAX).astype(np.int16, copy=False)
    return voxels, [*notes, *padding_note(below, voxels.size)]


def padding_note(padded: int, voxels: int) -> list[Note]:
    """The note about ``padded`` of ``voxels`` voxels that were set to air; none when nothing was."""
    if not padded:
        return []
    share = 100 * padded / voxels
    return [
        Note(
            "input.padding",
            f"{share:.1f} % of the voxels held the scanner's padding or values below {AIR_HU} HU "
            f"and were set to {AIR_HU} HU.",
        )
    ]


def require_hounsfield(voxels: NDArray[np.int16]) -> None:
    """Refuse a volume whose histogram cannot be that of a CT in Hounsfield units.

    A body in air gives three things: values below -200 (air, lung, gas), at least some water-like tissue
    (-200 to 300), and less bone than soft tissue. Label maps, MR, windowed 8-bit images and stored values
    without their intercept of -1024 each lack one of them.

    Raises:
        InputError: ``input.not_hu``.
    """
    stride = max(1, round((voxels.size / SAMPLES) ** (1 / 3)))
    sample = voxels[::stride, ::stride, ::stride]
    low, tissue, dense = (
        np.count_nonzero((sample >= start) & (sample < stop)) / sample.size
        for start, stop in ((AIR_HU, -200), (-200, 300), (300, 2000))
    )
    if low < 0.0001:
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
