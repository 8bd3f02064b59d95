"""Is the volume of a size, and in a place, that a CT of a person can have?"""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import InputError
from ..volume import Grid

# From a toddler's ear to the longest table, both with room to spare.
LEAST_MM, MOST_MM = 10.0, 3000.0
# The fewest slices that are read, as thin as scanners make them, are thicker.
THINNEST_MM = 1.0
# Patient coordinates begin somewhere in the room.
FARTHEST_MM = 100_000.0


def require_plausible_extent(grid: Grid) -> None:
    """Refuse a spacing that is off by orders of magnitude, as when centimetres or metres were written.

    Raises:
        InputError: ``input.implausible_extent``, ``input.implausible_place``.
    """
    extents = [n * mm for n, mm in zip(grid.size, grid.spacing_mm, strict=True)]
    problem = implausible_extent(extents) or implausible_place(grid.origin_mm)
    if max(extents) < LEAST_MM:
        problem = _no_person(extents)
    if problem:
        raise problem


def implausible_extent(extents_mm: Sequence[float]) -> InputError | None:
    """``input.implausible_extent`` when an edge of the volume is too long or too short, ready to raise."""
    plausible = all(THINNEST_MM <= extent <= MOST_MM for extent in extents_mm)
    return None if plausible else _no_person(extents_mm)


def implausible_place(position_mm: Sequence[float]) -> InputError | None:
    """``input.implausible_place`` when the LPS position is far outside the room, ready to raise."""
    farthest = max(map(abs, position_mm))
    if farthest <= FARTHEST_MM:
        return None
    return InputError(
        "input.implausible_place",
        f"The images would lie {farthest / 1000:.3g} m away from the scanner.",
        "Convert or export the study again.",
    )


def _no_person(extents_mm: Sequence[float]) -> InputError:
    size = " x ".join(f"{extent:.4g}" for extent in extents_mm)
    return InputError(
        "input.implausible_extent",
        f"The volume would measure {size} mm, which no CT of a person does: the size of its voxels is wrong.",
        "Convert the study again from the original DICOM files.",
    )
