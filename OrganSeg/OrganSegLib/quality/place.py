"""Where organs should lie, from where their neighbours lie and what is normal among adults."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..field import FACES
from ..measure import OrganMeasurements
from .anatomy import Anatomy, Faces, anatomy

NEAR_MM = 100.0  # neighbours tell more than distant organs: people differ in length
LEAST_ORGANS = 2  # that must be there to say where another one lies


@dataclass(frozen=True)
class Neighbours:
    """The organs that were found, by name, as a frame for each other.

    Attributes:
        names: of those organs whose normal place is known.
        faces: [organ, face]: where their LPS boxes begin and end, in millimetres.
        cut: [organ, face]: the field of view ends there, so that the organ may go on.
    """

    names: tuple[str, ...]
    faces: NDArray[np.float64]
    cut: NDArray[np.bool_]

    @classmethod
    def of(cls, found: Sequence[OrganMeasurements], cut_faces: Mapping[int, tuple[str, ...]]) -> Neighbours:
        """Organs that were measured; ``cut_faces`` by label, see `Field.cut_faces`."""
        known = [organ for organ in found if organ.bounds_mm and organ.name in anatomy()]
        faces = [[mm for corner in organ.bounds_mm or () for mm in corner] for organ in known]
        cut = [[face in cut_faces[organ.label] for face in FACES] for organ in known]
        return cls(
            tuple(organ.name for organ in known),
            np.array(faces, float).reshape(-1, 6),
            np.array(cut, bool).reshape(-1, 6),
        )

    def expected(self, name: str) -> Faces | None:
        """Where the box of an organ should begin and end; None where too few other organs are known.

        Each other organ says how far the patient is from the typical adult, at its own place; the weighted
        median of what they say does not mind one that is wrong itself.
        """
        if name not in anatomy():
            return None
        typical = anatomy()[name]
        others = [n for n, other in enumerate(self.names) if other != name]
        shift = np.array([self._shift(typical, others, axis) for axis in range(3)])
        return None if np.isnan(shift).any() else typical.box + np.tile(shift, 2)

    def _shift(self, typical: Anatomy, others: list[int], axis: int) -> float:
        """How far the patient lies from the typical adult along an axis, near an organ."""
        values, weights, told = [], [], set()
        for n in others:
            other = anatomy()[self.names[n]]
            distance = float(np.linalg.norm(_centre(other.box) - _centre(typical.box)))
            for face in (axis, axis + 3):
                if not self.cut[n, face]:
                    values.append(self.faces[n, face] - other.box[face])
                    weights.append(np.exp(-distance / NEAR_MM) / other.spread[face])
                    told.add(n)
        return _weighted_median(np.array(values), np.array(weights)) if len(told) >= LEAST_ORGANS else np.nan

    def of_organ(self, name: str) -> tuple[Faces, NDArray[np.bool_]]:
        """Where an organ's box begins and ends, and at which of these faces the field of view cuts it."""
        n = self.names.index(name)
        return self.faces[n], self.cut[n]


def _centre(box: Faces) -> Faces:
    return (box[:3] + box[3:]) / 2


def _weighted_median(values: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    order = np.argsort(values)
    reached = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(reached, reached[-1] / 2)])
