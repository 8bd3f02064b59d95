"""Segmentations broken on purpose, and the codes that must tell."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray
from OrganSegLib.quality.anatomy import anatomy
from OrganSegLib.volume import Labelmap
from scipy import ndimage as ndi

SHIFT_MM, LEAK_MM, BLOB_MM, GAP_MM = 60.0, 15.0, 50.0, 8.0
CODES: dict[str, set[str]] = {
    "swapped": {"wrong_side"},
    "mirrored": {"wrong_side"},
    "shifted": {"misplaced", "misfit", "wrong_side", "wrong_tissue", "leaked", "incomplete"},
    "halved": {"incomplete", "fragmented", "implausible_volume", "misplaced"},
    "combed": {"fragmented"},
    "split": {"fragmented", "incomplete"},
    "riddled": {"fragmented"},
    "emptied": {"absent", "outside_field"},
    "leaked": {"leaked", "misfit", "wrong_tissue", "implausible_volume"},
}
# What a damage must be to count: the scan has that many voxels of the organ, so that a section of it has some
# tens; and a leak adds that share to it, which is more than two experts' outlines differ by.
LEAST_VOXELS, LEAST_SHARE = 300, 0.1
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Damage:
    """One way to break a segmentation.

    Attributes:
        kind: one of `CODES`.
        how: which of its ways, for people.
        organs: that must be flagged with one of the codes.
        labelmap: makes the broken one.
    """

    kind: str
    how: str
    organs: tuple[str, ...]
    labelmap: Callable[[], Labelmap]


def damages(labelmap: Labelmap) -> Iterator[Damage]:
    """Every way that makes sense: all organs mirrored, pairs swapped, each organ alone."""
    values = {organ.name: label for label, organ in labelmap.organs.items()}
    sided = tuple(name for name in values if anatomy()[name].side)
    yield Damage("mirrored", "", sided, partial(_mirrored, labelmap))
    for left in values:
        right = left.replace("_left", "_right")
        if left.endswith("_left") and right in values:
            pair = values[left], values[right]
            yield Damage("swapped", "", (left, right), partial(_swapped, labelmap, *pair))
    for name, value in values.items():
        organ = _Organ(labelmap, value, labelmap.organs[value].components)
        for kind, how, mask in organ.ways():
            yield Damage(kind, how, (name,), partial(organ.broken, mask))


def is_large(before: Labelmap, after: Labelmap, name: str) -> bool:
    """Whether what was done to an organ is as large as a damage must be to count."""
    (label,) = (label for label, organ in before.organs.items() if organ.name == name)
    whole, left = before.voxels == label, after.voxels == label
    size, lost = np.count_nonzero(whole), (whole & ~left).any()
    return bool(size >= LEAST_VOXELS and (lost or np.count_nonzero(left) >= (1 + LEAST_SHARE) * size))


def _mirrored(labelmap: Labelmap) -> Labelmap:
    axis = 2 - int(np.abs(labelmap.grid.direction[:3]).argmax())
    return replace(labelmap, voxels=np.ascontiguousarray(np.flip(labelmap.voxels, axis)))


def _swapped(labelmap: Labelmap, left: int, right: int) -> Labelmap:
    voxels = labelmap.voxels.copy()
    voxels[labelmap.voxels == left] = right
    voxels[labelmap.voxels == right] = left
    return replace(labelmap, voxels=voxels)


@dataclass(frozen=True)
class _Organ:
    """One organ of a labelmap; what it gains is background only."""

    labelmap: Labelmap
    value: int
    components: int

    @property
    def own(self) -> Mask:
        return np.asarray(self.labelmap.voxels == self.value)

    def broken(self, make: Callable[[], Mask]) -> Labelmap:
        voxels = np.where(self.own, 0, self.labelmap.voxels)
        voxels[make() & (voxels == 0)] = self.value
        return replace(self.labelmap, voxels=voxels)

    def ways(self) -> Iterator[tuple[str, str, Callable[[], Mask]]]:
        yield "emptied", "", partial(np.zeros_like, self.own)
        for axis, along in enumerate("kji"):
            yield "halved", f"{along} low", partial(self._half, axis, slice(None, None, -1))
            yield "halved", f"{along} high", partial(self._half, axis, slice(None))
            yield "combed", along, partial(self._combed, axis)
        for way, direction in zip("LPSRAI", (*np.eye(3), *-np.eye(3)), strict=True):
            yield "shifted", way, partial(self._shifted, SHIFT_MM * direction)
        yield "split", "", self._split
        yield "riddled", "", self._riddled
        yield "leaked", "all around", self._swollen
        for axis, along in enumerate("kji"):
            yield "leaked", f"at low {along}", partial(self._with_blob, axis, 0)
            yield "leaked", f"at high {along}", partial(self._with_blob, axis, -1)

    def _half(self, axis: int, order: slice) -> Mask:
        """What is left without the half that comes first in an order."""
        own = self.own
        half = np.moveaxis(own, axis, 0)[order]
        half[: int(np.median(np.nonzero(half)[0]))] = False
        return own

    def _combed(self, axis: int) -> Mask:
        own = self.own
        np.moveaxis(own, axis, 0)[::2] = False
        return own

    def _shifted(self, by_mm: NDArray[np.float64]) -> Mask:
        axes = np.reshape(self.labelmap.grid.direction, (3, 3))
        by = np.round(axes.T @ by_mm / self.labelmap.grid.spacing_mm).astype(int)[::-1]
        index = np.argwhere(self.own) + by
        moved = np.zeros_like(self.own)
        moved[tuple(index[((index >= 0) & (index < moved.shape)).all(axis=1)].T)] = True
        return moved

    def _split(self) -> Mask:
        """Cut across its longest axis, into one piece more than is normal."""
        index = np.argwhere(self.own)
        first, last = index.min(axis=0), index.max(axis=0)
        axis = int((last - first).argmax())
        gap = max(2, round(GAP_MM / self.labelmap.grid.spacing_mm[2 - axis]))
        own = self.own
        split = np.moveaxis(own, axis, 0)
        for place in np.linspace(first[axis], last[axis], self.components + 2)[1:-1].astype(int):
            split[place : place + gap] = False
        return own

    def _riddled(self) -> Mask:
        return np.asarray(self.own & (np.random.default_rng(0).random(self.own.shape) > 0.5))

    def _swollen(self) -> Mask:
        return np.asarray(
            ndi.distance_transform_edt(~self.own, self.labelmap.grid.spacing_mm[::-1]) <= LEAK_MM
        )

    def _with_blob(self, axis: int, end: int) -> Mask:
        """And a ball around its outermost voxel."""
        index = np.argwhere(self.own)
        outermost = index[index[:, axis].argsort()[end]]
        mm = np.reshape(self.labelmap.grid.spacing_mm[::-1], (3, 1, 1, 1))
        away = (np.indices(self.own.shape) - np.reshape(outermost, (3, 1, 1, 1))) * mm
        return np.asarray(self.own | (np.linalg.norm(away, axis=0) < BLOB_MM))
