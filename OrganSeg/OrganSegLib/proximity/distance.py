"""Distances between closed surfaces, in millimetres: least, mean, and where two come closest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from ..triangles import Points, face_normals
from .surface import Surface

SAMPLES = 3000  # corners of the target's surface that a mean is taken over
ROUNDS = 20  # of going to and fro between two surfaces; most end after five
SETTLED_MM = 1e-4
FAR_EDGES = 3  # edges away, the nearest corner is at most 2 % farther than the surface


@dataclass(frozen=True)
class Approach:
    """Where two surfaces come closest: least distance, and the points on target and organ (LPS)."""

    mm: float
    on_target: Points
    on_organ: Points


class Departure:
    """A target's surface, prepared for measuring its distance to one organ after the other.

    Far from an organ, distances are between the corners of both surfaces; near it, from corners to triangles.
    A large surface is asked at a share of its corners first: of the others only those can be nearer to an
    organ whose neighbours among these are near enough.
    """

    def __init__(self, surface: Surface) -> None:
        self.surface = surface
        chosen = np.arange(0, len(surface.corners), -(-len(surface.corners) // SAMPLES))
        self.samples = surface.corners[chosen]
        self._gap, self._sample = cKDTree(self.samples).query(surface.corners)
        weights = np.bincount(self._sample, _areas(surface), len(chosen))
        self._weights = weights if weights.any() else np.ones(len(chosen))  # a point has no area

    def to(self, organ: Surface) -> NDArray[np.float64]:
        """The distance of each sample to the nearest corner of ``organ``."""
        mm: NDArray[np.float64] = organ.tree.query(self.samples)[0]
        return mm

    def mean(self, organ: Surface, mm: NDArray[np.float64], inside: NDArray[np.bool_]) -> float:
        """The mean over the target's surface; ``mm`` from `to`, and 0 for samples ``inside`` the organ."""
        mm = np.where(inside, 0.0, mm)
        near = ~inside & (mm < FAR_EDGES * organ.longest_mm)
        mm[near] = organ.closest(self.samples[near])[0]
        return float(np.average(mm, weights=self._weights))

    def approach(self, organ: Surface, mm: NDArray[np.float64]) -> Approach:
        """The closest points; ``mm`` from `to`.

        Found from corners by projecting to and fro between the surfaces (Cheney and Goldstein 1959, Proc. AMS
        10:448), so that neither point needs to be a corner.
        """
        near_enough = organ.at_least(np.maximum(mm[self._sample] - self._gap, 0)) <= mm.min()
        corners = self.surface.corners[near_enough]
        corner_mm = organ.tree.query(corners)[0]
        corners = corners[organ.at_least(corner_mm) <= corner_mm.min()]
        mm, on_organ = organ.closest(corners)
        found = _nearest(mm, corners, on_organ)
        on_organ = on_organ[self.surface.at_least(mm) <= found.mm]
        for _ in range(ROUNDS):
            on_target = self.surface.closest(on_organ)[1]
            mm, on_organ = organ.closest(on_target)
            moved = _nearest(mm, on_target, on_organ)
            if found.mm - moved.mm < SETTLED_MM:
                break
            found, on_organ = moved, moved.on_organ[None]
        return found


def _nearest(mm: NDArray[np.float64], on_target: Points, on_organ: Points) -> Approach:
    best = int(mm.argmin())
    return Approach(float(mm[best]), on_target[best], on_organ[best])


def _areas(surface: Surface) -> NDArray[Any]:
    """Of the surface around each corner: a third of every triangle's."""
    share = np.linalg.norm(face_normals(surface.corners, surface.faces), axis=1) / 6
    return np.bincount(surface.faces.ravel(), np.repeat(share, 3), len(surface.corners))
