"""Surfaces small enough for a web page: fewer triangles, and positions in 16 bits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from vtkmodules.vtkFiltersCore import vtkBinnedDecimation

from ..surfaces import area_mm2, mesh
from ..triangles import Faces, Points, face_normals, vertex_normals, without_unused

if TYPE_CHECKING:
    from vtkmodules.vtkCommonDataModel import vtkPolyData

TRIANGLES = 400_000  # in all: a tablet turns them smoothly, and the page stays below 10 MB
SMALL = 5_000  # triangles; an organ with fewer stays as it is, so that thin ones keep their shape
PER_BIN = 2.6  # triangles that remain for each bin-sized square of a surface (measured)


@dataclass(frozen=True)
class PackedMesh:
    """A mesh as the page reads it, little-endian.

    Attributes:
        points: uint16 [n, 3], steps from the lattice's origin.
        normals: int8 [n, 3], outwards, 127 long.
        triangles: [m, 3], indices into the points: uint16 where those suffice, else uint32.
    """

    points: NDArray[np.uint16]
    normals: NDArray[np.int8]
    triangles: NDArray[np.uint16] | NDArray[np.uint32]


@dataclass(frozen=True)
class Lattice:
    """Where the integer positions of all meshes lie: ``origin_mm + step_mm * position``, LPS."""

    origin_mm: tuple[float, ...]
    step_mm: float

    @classmethod
    def around(cls, surfaces: Mapping[int, vtkPolyData]) -> Lattice:
        """As fine as 16 bits allow: some 0.01 mm for a body."""
        if not surfaces:
            return cls((0.0, 0.0, 0.0), 1.0)
        bounds = np.array([surface.GetBounds() for surface in surfaces.values()]).reshape(-1, 3, 2)
        low, high = bounds[..., 0].min(axis=0), bounds[..., 1].max(axis=0)
        return cls(tuple(low.tolist()), float((high - low).max()) / np.iinfo(np.uint16).max)

    def packed(self, points: Points, faces: Faces) -> PackedMesh:
        """A mesh that lies inside the surfaces' bounds. Folds are turned to face as their surroundings do."""
        normals = vertex_normals(points, faces)
        inwards = np.einsum("ij,ij->i", face_normals(points, faces), normals[faces].sum(axis=1)) < 0
        faces = np.where(inwards[:, None], faces[:, ::-1], faces)
        return PackedMesh(
            np.rint((points - self.origin_mm) / self.step_mm).astype("<u2"),
            np.rint(normals * np.iinfo(np.int8).max).astype("i1"),
            faces.astype("<u2" if len(points) <= np.iinfo(np.uint16).max + 1 else "<u4"),
        )


def reduced(surfaces: Mapping[int, vtkPolyData]) -> dict[int, tuple[Points, Faces]]:
    """Points and triangles of each surface, about `TRIANGLES` in all, for looking at only.

    Points that fall into the same bin of a common lattice become one. That takes a thirtieth of the time of
    quadric decimation, and neighbouring organs still share their border, but sheets may touch themselves.
    """
    if sum(surface.GetNumberOfPolys() for surface in surfaces.values()) <= TRIANGLES:
        return {label: mesh(surface) for label, surface in surfaces.items()}
    many = {label: surface for label, surface in surfaces.items() if surface.GetNumberOfPolys() > SMALL}
    bin_mm = np.sqrt(PER_BIN * sum(map(area_mm2, many.values())) / TRIANGLES)
    return {
        label: _binned(surface, bin_mm) if label in many else mesh(surface)
        for label, surface in surfaces.items()
    }


def _binned(surface: vtkPolyData, bin_mm: float) -> tuple[Points, Faces]:
    decimate = vtkBinnedDecimation()
    decimate.SetInputData(surface)
    decimate.AutoAdjustNumberOfDivisionsOff()
    decimate.SetDivisionSpacing(bin_mm, bin_mm, bin_mm)
    low = surface.GetBounds()[::2]
    decimate.SetDivisionOrigin(*(np.floor(np.divide(low, bin_mm)) * bin_mm))
    decimate.SetPointGenerationModeToBinAverages()
    decimate.Update()
    points, faces = mesh(decimate.GetOutput())
    return without_unused(points, _without_flaps(faces))


def _without_flaps(faces: Faces) -> Faces:
    """Each triangle once, and none of those that lie on each other back to back: a sheet's two sides."""
    a, b, c = faces.T.astype(np.int64)
    direction = np.sign((b - a) * (c - a) * (c - b))  # 1 where the corners' order is that of their numbers
    corners, which = np.unique(np.sort(faces, axis=1), axis=0, return_inverse=True)
    direction = np.bincount(which.ravel(), direction)
    left: Faces = np.where(direction[:, None] > 0, corners, corners[:, ::-1])[direction != 0]
    return left
