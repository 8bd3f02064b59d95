"""Contact: where the target's surface has an organ next to it, and how far around a vessel it reaches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..triangles import Faces, Points, face_normals
from ..volume import Grid
from .surface import Surface
from .vicinity import CONTACT_MM, Vicinity, values_at

STEPS = 4  # in which the way outwards is looked at
REACH_VOXELS = 0.75  # sees the next voxel wherever smoothing has put the surface, and not the one after it


@dataclass(frozen=True)
class Facets:
    """The triangles of a closed surface.

    Attributes:
        corners, faces: the mesh, see `triangles`.
        centres: [m, 3], LPS millimetres.
        normals: outward unit vectors, 0 for a triangle without area.
        areas_mm2: of the triangles.
    """

    corners: Points
    faces: Faces
    centres: Points
    normals: Points
    areas_mm2: NDArray[np.float64]

    @classmethod
    def of(cls, surface: Surface) -> Facets:
        corners, faces = surface.corners, surface.faces
        normals = face_normals(corners, faces)
        double = np.linalg.norm(normals, axis=1)
        unit = normals / np.maximum(double, np.finfo(float).tiny)[:, None]
        return cls(corners, faces, corners[faces].mean(axis=1), unit, double / 2)

    def only(self, chosen: NDArray[np.intp]) -> Facets:
        """Some of the triangles."""
        return Facets(
            self.corners,
            self.faces[chosen],
            self.centres[chosen],
            self.normals[chosen],
            self.areas_mm2[chosen],
        )


def contact_areas(labels: NDArray[Any], near: Vicinity, facets: Facets) -> NDArray[np.float64]:
    """Area of the target's surface in contact with each label, mm2, [label].

    A triangle is in contact with the first label on its way outwards, no farther than `reach_mm`. Inside an
    organ that is the organ, so the whole surface of a lesion in the liver is in contact with it.

    Args:
        labels: label values in the vicinity, [k, j, i].
        near: the vicinity.
        facets: of the target's surface.
    """
    around = np.where(near.inside, 0, labels)
    met = np.zeros(len(facets.faces), around.dtype)
    for places in _outwards(facets, near.grid):
        met = np.where(met, met, values_at(around, near.grid, places))
    return np.bincount(met, facets.areas_mm2, int(np.iinfo(labels.dtype).max) + 1).astype(np.float64)


def in_contact(near: Vicinity, facets: Facets) -> NDArray[np.bool_]:
    """Which triangles of an organ's surface lie in the target, or have it next to them."""
    diagonal_mm = float(np.linalg.norm(near.grid.spacing_mm))
    close = np.flatnonzero(values_at(near.mm <= CONTACT_MM + 2 * diagonal_mm, near.grid, facets.centres))
    some = facets.only(close)
    touched = np.zeros(len(facets.faces), bool)
    touched[close] = values_at(near.inside, near.grid, some.centres)
    for places in _outwards(some, near.grid):
        touched[close] |= values_at(near.inside, near.grid, places)
    return touched


def reach_mm(normals: Points, grid: Grid) -> NDArray[np.float64]:
    """How far along each normal something counts as next to a surface: 1 mm, or most of a voxel if more.

    A vessel's wall and partial volume leave such a gap between structures that touch.
    """
    axes = np.reshape(grid.direction, (3, 3))
    voxels_per_mm = np.abs(normals @ axes / np.array(grid.spacing_mm)).max(axis=1)
    most: NDArray[np.float64] = REACH_VOXELS / np.maximum(voxels_per_mm, np.finfo(float).tiny)
    return np.maximum(CONTACT_MM, most)


def _outwards(facets: Facets, grid: Grid) -> Iterator[Points]:
    """Places in front of the triangles, nearest first."""
    reach = reach_mm(facets.normals, grid)[:, None] * facets.normals
    for step in range(1, STEPS + 1):
        yield facets.centres + step / STEPS * reach
