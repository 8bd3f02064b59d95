"""Does the volume fit into this computer?"""

from __future__ import annotations

from ..errors import InputError

# The least that a run needs per voxel: the int16 volume, a resampled copy, labels and room to work.
RUN_BYTES_PER_VOXEL = 8


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
            f"The volume has {voxels / 1e6:.0f} million voxels and needs about {needed / 2**30:.1f} GB of "
            f"memory; {available / 2**30:.1f} GB are free.",
            "Close other programs, crop the volume to the region of interest, or use a larger computer.",
        )
