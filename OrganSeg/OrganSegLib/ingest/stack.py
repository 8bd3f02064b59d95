"""Where the slices of a series lie: sorted along their normal, without doubles, gaps and tilt measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..volume import Note
from .headers import Frame
from .pixels import decode

SAME_POSITION_MM = 0.01
# The coarsest spacing that CT is taken with. Across as much, interpolating between two slices invents no more
# than every viewer does with such a scan; across more, an organ could begin and end unseen.
MAX_BRIDGED_MM = 10.0


@dataclass(frozen=True)
class Stack:
    """Slices in order along their normal.

    Attributes:
        frames: the slices.
        axes: 3x3; its rows are the LPS unit vectors of i (along a row), j (along a column), k (across).
        spacing_mm: pixel spacing along i and j.
        places_mm: [slice, 3]; first pixel of each slice, in the coordinates of ``axes``.
    """

    frames: tuple[Frame, ...]
    axes: NDArray[np.float64]
    spacing_mm: tuple[float, float]
    places_mm: NDArray[np.float64]

    @classmethod
    def of(cls, frames: Sequence[Frame]) -> Stack:
        """Sort ``frames`` by position along the normal of the first one (never by file name)."""
        row, column = np.reshape(frames[0].orientation, (2, 3))
        row = row / np.linalg.norm(row)
        column = column - row * (row @ column)
        column = column / np.linalg.norm(column)
        axes = np.stack([row, column, np.cross(row, column)])
        places = np.asarray([frame.position for frame in frames]) @ axes.T
        order = np.argsort(places[:, 2], kind="stable")
        between_rows, between_columns = frames[0].spacing
        return cls(tuple(frames[n] for n in order), axes, (between_columns, between_rows), places[order])

    @property
    def gaps_mm(self) -> NDArray[np.float64]:
        """Distance from each slice to the next, across the slices."""
        return np.diff(self.places_mm[:, 2])

    @property
    def step_mm(self) -> float:
        """The usual distance between slices.

        Never below half the mean one: a few crowded slices must not multiply the volume.
        """
        return float(max(np.median(self.gaps_mm), self.gaps_mm.mean() / 2))

    @property
    def even_step_mm(self) -> float:
        """The distance between the planes of an even grid from the first to the last slice."""
        extent = float(self.gaps_mm.sum())
        return extent / (round(extent / self.step_mm) if self.uneven else len(self.frames) - 1)

    @property
    def tolerance_mm(self) -> float:
        """Positions are written with few decimals: that much off is still even."""
        return max(0.1, 0.05 * self.step_mm)

    @property
    def uneven(self) -> bool:
        """Some slice is off the even grid between the first and the last one."""
        across = self.places_mm[:, 2]
        even = np.linspace(across[0], across[-1], len(across))
        return bool(np.abs(across - even).max() > self.tolerance_mm)

    @property
    def shifts_mm(self) -> NDArray[np.float64]:
        """[slice, 2]; how far each slice is displaced along i and j against the first one."""
        return self.places_mm[:, :2] - self.places_mm[0, :2]

    @property
    def sheared(self) -> bool:
        """The slices drift sideways by more than half a pixel, as they do with a tilted gantry."""
        return bool((np.abs(self.shifts_mm).max(axis=0) > 0.5 * np.asarray(self.spacing_mm)).any())

    @property
    def tilt_degrees(self) -> float:
        """Angle between the slices' normal and the line from the first to the last slice."""
        *sideways, across = self.places_mm[-1] - self.places_mm[0]
        return float(np.degrees(np.arctan2(np.hypot(*sideways), across)))


def without_doubles(stack: Stack) -> tuple[Stack, list[Note]]:
    """Drop slices that are at the place of another one and equal to it.

    Raises:
        InputError: ``input.duplicate_slices`` when two different slices claim one place; what
            `pixels.decode` raises.
    """
    groups: list[list[int]] = [[0]]
    for index, gap in enumerate(stack.gaps_mm, start=1):
        if gap <= SAME_POSITION_MM:
            groups[-1].append(index)
        else:
            groups.append([index])
    if len(groups) == len(stack.frames):
        return stack, []
    for group in groups:
        _require_equal([stack.frames[index] for index in group])
    dropped = len(stack.frames) - len(groups)
    note = Note("input.duplicate_slices", f"{dropped} slices were there twice or more; each was used once.")
    return Stack.of([stack.frames[group[0]] for group in groups]), [note]


def _require_equal(frames: list[Frame]) -> None:
    if len(frames) == 1:
        return
    voxels, _ = decode(frames)
    if any(not np.array_equal(voxels[0], other) for other in voxels[1:]):
        place = ", ".join(f"{part:.1f}" for part in frames[0].position)
        raise InputError(
            "input.duplicate_slices",
            f"{len(frames)} different slices claim the same place ({place}) mm; nothing says which to use.",
            "Export each reconstruction or phase as a series of its own.",
        )


def gap_notes(stack: Stack) -> list[Note]:
    """Name missing slices and uneven spacing that interpolation will bridge.

    A gap is bridged, and told, up to 10 mm: the coarsest spacing that CT is taken with.

    Raises:
        InputError: ``input.missing_slices`` when a gap is wider.
    """
    if not stack.uneven:
        return []
    gaps, step, across = stack.gaps_mm, stack.step_mm, stack.places_mm[:, 2]
    wide = [index for index, gap in enumerate(gaps) if gap > max(MAX_BRIDGED_MM, step) + stack.tolerance_mm]
    if wide:
        raise InputError(
            "input.missing_slices",
            f"Slices are missing: there is nothing between {_spans(across, wide)} mm along the series.",
            "Export the whole series again.",
        )
    whole = np.rint(gaps / step)
    lost = [
        n for n, gap in enumerate(gaps) if whole[n] >= 2 and abs(gap - whole[n] * step) <= stack.tolerance_mm
    ]
    if lost:
        count = int(whole[lost].sum()) - len(lost)
        return [
            Note(
                "input.missing_slices",
                f"{count} slices are missing, between {_spans(across, lost)} mm along the series; "
                "they were interpolated from their neighbours: do not trust details there.",
            )
        ]
    return [
        Note(
            "input.uneven_spacing",
            f"The distance between slices varies from {gaps.min():.2f} to {gaps.max():.2f} mm; the volume "
            f"was resampled to an even {stack.even_step_mm:.2f} mm.",
        )
    ]


def _spans(across: NDArray[np.float64], gaps: list[int]) -> str:
    return ", ".join(f"{across[index]:.1f} and {across[index + 1]:.1f}" for index in gaps)
