"""The whole scan seen coarsely and along the patient's axes: enough to judge how it was taken."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..field import FACES, Field, blind_columns, face_names, lps_axes
from ..volume import Scan

COARSE_MM = (5.0, 3.0, 3.0)  # along s, p, l: a screw or a wrist does not fall between
APART_MM = 20.0  # between the slices that are looked at in the plane
TISSUE_HU, BONE_HU = -300, 200
ARM_CM2 = (8.0, 250.0)  # from a wrist to a stout upper arm
ARM_BONE_CM2 = 0.5
BESIDE = 0.7  # of the trunk's half width from its middle


@dataclass(frozen=True)
class Body:
    """Every so-many-th voxel of a scan.

    Attributes:
        hu: [s, p, l], growing to the head, the back and the left.
        spacing_mm: between these voxels.
        left_mm: L coordinates of the columns, as far as the grid lies along the patient.
    """

    hu: NDArray[Any]
    spacing_mm: NDArray[np.float64]
    left_mm: NDArray[np.float64]

    @classmethod
    def of(cls, scan: Scan, field: Field) -> Body:
        """Look at what was scanned."""
        grid = field.seen
        order = [lps_axes(grid).index(axis) for axis in (2, 1, 0)]
        spacing = np.array(grid.spacing_mm[::-1])[order]
        steps = np.maximum(1, np.round(np.array(COARSE_MM) / spacing)).astype(int)
        hu = scan.voxels[field.box].transpose(order)
        backwards = [face_names(grid, axis)[0] not in FACES[:3] for axis in order]
        every = [
            slice(None, None, -int(n) if turn else int(n)) for n, turn in zip(steps, backwards, strict=True)
        ]
        left = np.arange(grid.shape[order[2]])[every[2]]
        index = np.zeros((4, len(left)))
        index[:3] = ((np.array(grid.size) - 1) / 2)[:, None]
        index[2 - order[2]], index[3] = left, 1
        return cls(hu[tuple(every)], spacing * steps, (grid.affine @ index)[0])

    @cached_property
    def slices(self) -> list[Slice]:
        """Some of its axial slices."""
        step = max(1, round(APART_MM / self.spacing_mm[0]))
        blind = blind_columns(self.hu, self.spacing_mm[1:].tolist())
        end = np.zeros(self.hu.shape[1:], bool) if blind is None else _grown(blind)
        end[[0, -1]] = end[:, [0, -1]] = True
        return [Slice.of(hu, end, self.spacing_mm[1:]) for hu in self.hu[::step]]

    @property
    def length_mm(self) -> float:
        """How much of the patient's length was scanned."""
        return float(len(self.hu) * self.spacing_mm[0])

    @property
    def middle_mm(self) -> float:
        """L coordinate that has as much tissue on its left as on its right."""
        tissue = np.cumsum(np.count_nonzero(self.hu > TISSUE_HU, axis=(0, 1)))
        return float(self.left_mm[np.searchsorted(tissue, tissue[-1] / 2)])


@dataclass(frozen=True)
class Slice:
    """An axial slice, [p, l].

    Attributes:
        trunk: the largest piece of tissue.
        arms: how many pieces beside it look like an arm.
        cut_mm: how much of the trunk lies at the end of what was scanned: to the right, front, left and back.
    """

    trunk: NDArray[np.bool_]
    arms: int
    cut_mm: tuple[float, float, float, float]

    @classmethod
    def of(cls, hu: NDArray[Any], end: NDArray[np.bool_], spacing_mm: NDArray[np.float64]) -> Slice:
        """Look at a slice; ``end`` is where the scanner saw no further."""
        from scipy import ndimage as ndi  # not at the top: a warm worker starts without it

        pieces, count = ndi.label(hu > TISSUE_HU)
        sizes = np.bincount(pieces.ravel(), minlength=count + 1)
        sizes[0] = 0
        trunk = (pieces == sizes.argmax()) & (pieces > 0)
        bone = np.bincount(pieces[hu > BONE_HU], minlength=count + 1)
        cm2 = float(spacing_mm.prod() / 100)
        likely = (sizes * cm2 > ARM_CM2[0]) & (sizes * cm2 < ARM_CM2[1]) & (bone * cm2 > ARM_BONE_CM2)
        likely[sizes.argmax()] = False
        arms = [piece for piece in np.flatnonzero(likely) if _is_beside(pieces == piece, trunk)]
        return cls(trunk, len(arms), _cut(trunk & end, float(spacing_mm.mean())))


def _is_beside(piece: NDArray[np.bool_], trunk: NDArray[np.bool_]) -> bool:
    """To the left or right of the trunk, and not under it as the table is."""
    across = np.flatnonzero(trunk.any(axis=0))
    return bool(abs(np.nonzero(piece)[1].mean() - across[[0, -1]].mean()) > BESIDE * np.ptp(across) / 2)


def _cut(contact: NDArray[np.bool_], mm: float) -> tuple[float, float, float, float]:
    """Length of what lies at the end, by the side on which it lies."""
    outwards = np.argwhere(contact) / np.maximum(np.subtract(contact.shape, 1), 1) * 2 - 1
    sideways = np.abs(outwards[:, 1]) >= np.abs(outwards[:, 0])
    forward, left = outwards[:, 0] < 0, outwards[:, 1] > 0
    sides = (sideways & ~left, ~sideways & forward, sideways & left, ~sideways & ~forward)
    right, front, left_side, back = (mm * np.count_nonzero(side) for side in sides)
    return right, front, left_side, back


def _grown(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    from scipy import ndimage as ndi  # not at the top: a warm worker starts without it

    return np.asarray(ndi.binary_dilation(mask, np.ones((3, 3), bool)))
