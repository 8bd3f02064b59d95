"""Does the volume fit into this computer?"""

from __future__ import annotations

import math

from ..address_space import address_space
from ..errors import InputError

# The least that a run needs per voxel: the int16 volume, a resampled copy, labels and room to work.
RUN_BYTES_PER_VOXEL = 8


def require_memory(voxels: int, bytes_per_voxel: int = RUN_BYTES_PER_VOXEL) -> None:
    """Refuse a volume before it is read, when it cannot fit.

    Raises:
        InputError: ``input.too_large``.
    """
    needed = voxels * bytes_per_voxel
    available = available_bytes()
    if needed > available:
        raise InputError(
            "input.too_large",
            f"The volume has {voxels / 1e6:.0f} million voxels and needs about {needed / 2**30:.1f} GB of "
            f"memory; {available / 2**30:.1f} GB are free.",
            "Close other programs, crop the volume to the region of interest, or use a larger computer.",
        )


def available_bytes() -> int:
    """Memory that is free, and that this process may address."""
    import psutil

    free: int = psutil.virtual_memory().available
    limit = address_space()
    if limit == math.inf:
        return free
    used: int = psutil.Process().memory_info().vms
    return max(0, min(free, int(limit) - used))
