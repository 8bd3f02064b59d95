"""Is the volume of a size that a CT of a person can have?"""

from __future__ import annotations

from ..errors import InputError
from ..volume import Grid

# From a toddler's ear to the longest table, both with room to spare.
LEAST_MM, MOST_MM = 10.0, 3000.0


def require_plausible_extent(grid: Grid) -> None:
    """Refuse a spacing that is off by orders of magnitude, as when centimetres or metres were written.

    Raises:
        InputError: ``input.implausible_extent``.
    """
    extents = [n * mm for n, mm in zip(grid.size, grid.spacing_mm, strict=True)]
    if LEAST_MM <= max(extents) <= MOST_MM:
        return
    size = " x ".join(f"{extent:.3g}" if extent < 1 else f"{extent:.0f}" for extent in extents)
    raise InputError(
        "input.implausible_extent",
        f"The volume would measure {size} mm, which no CT of a person does: the size of its voxels is wrong.",
        "Convert the study again from the original DICOM files.",
    )
