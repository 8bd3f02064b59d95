"""Triangles drawn into a picture, in numpy: of all that lie behind each other, the nearest is seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import minimum_filter

from .triangles import Faces, vertex_normals

FloatArray = NDArray[np.float32]

TILE = 8  # samples along the sides of the squares that are asked whether they are full already
UNCHECKED: Literal["clip"] = "clip"  # indices: they are in range, and not to look takes a third of the time
TRIANGLES_AT_ONCE, SAMPLES_AT_ONCE = 50_000, 100_000


@dataclass(frozen=True)
class Mesh:
    """An organ's surface.

    Attributes:
        points: [3, n]; where they are in the picture: x to the right, y down, nearness, all in samples.
        triangles: [m, 3], counter-clockwise from outside.
    """

    points: FloatArray
    triangles: Faces


@dataclass(frozen=True)
class DepthBuffer:
    """What each sample shows.

    Attributes:
        size: height and width of the picture in samples.
        nearness: [samples], -inf where there is nothing.
        normal: [3, samples], of the surface, outwards, in the picture's axes; about 1 long.
        label: [samples], of the organ.
    """

    size: tuple[int, int]
    nearness: FloatArray
    normal: FloatArray
    label: NDArray[np.uint16]

    @classmethod
    def empty(cls, size: tuple[int, int]) -> DepthBuffer:
        samples = size[0] * size[1]
        nearness = np.full(samples, -np.inf, np.float32)
        return cls(size, nearness, np.zeros((3, samples), np.float32), np.zeros(samples, np.uint16))

    def draw(self, label: int, mesh: Mesh) -> None:
        """Draw a mesh, all of which lies in the picture. What is nearer hides what is behind it.

        Triangles of like size are covered with the same lattice of points, at least one per sample.
        """
        triangles, steps = self._visible(mesh)
        if not len(triangles):
            return
        # With y down, what is counter-clockwise in the patient is not.
        normals = -vertex_normals(mesh.points.T, mesh.triangles).T
        attributes = np.concatenate([mesh.points, normals])
        for step in np.unique(steps):
            lattice = _lattice(int(step))
            alike = triangles[steps == step]
            for part in np.array_split(alike, len(alike) * len(lattice) // SAMPLES_AT_ONCE + 1):
                self._draw_samples(label, lattice @ attributes.take(part.T, axis=1, mode=UNCHECKED))

    def _visible(self, mesh: Mesh) -> tuple[Faces, NDArray[np.intp]]:
        """The triangles that face the viewer and are not hidden as yet, and how many samples they reach."""
        tiles_across = -(-self.size[1] // TILE)
        hiding = self._hiding()
        found, steps = [], []
        for part in np.array_split(mesh.triangles, len(mesh.triangles) // TRIANGLES_AT_ONCE + 1):
            corners = mesh.points.take(part.T, axis=1, mode=UNCHECKED)  # [axis, corner, triangle]
            (a, b, c), (d, e, f) = corners[:2]
            facing = np.flatnonzero((b - a) * (f - d) < (c - a) * (e - d))
            corners = corners.take(facing, axis=2)
            low, high = corners.min(axis=1), corners.max(axis=1)
            reach = (high - low)[:2].max(axis=0)
            tile = (low[1].astype(np.int32) // TILE) * tiles_across + low[0].astype(np.int32) // TILE
            shown = (high[2] > hiding[tile]) | (reach > TILE)
            found.append(part[facing[shown]])
            steps.append(np.ceil(reach[shown]).astype(np.intp))
        return np.concatenate(found), np.concatenate(steps)

    def _hiding(self) -> FloatArray:
        """Per tile, how near one must be to be seen in it or its neighbours to the right and below."""
        tiles = np.full([-(-length // TILE) for length in self.size], -np.inf, np.float32)
        rows, columns = (length // TILE for length in self.size)  # those that are whole
        strips = self.nearness.reshape(self.size)[: rows * TILE].reshape(rows, TILE, -1).min(axis=1)
        # Axis by axis and eight arrays at once: numpy is slow at very many minima of few numbers.
        tiles[:rows, :columns] = np.minimum.reduce(
            [strips[:, k : columns * TILE : TILE] for k in range(TILE)]
        )
        return np.asarray(minimum_filter(tiles, 2, origin=-1)).ravel()

    def _draw_samples(self, label: int, points: FloatArray) -> None:
        """Draw points [6, ...]: where they are in the picture, and the normal."""
        x, y, nearness, *normal = points.reshape(6, -1)
        sample = y.astype(np.int32) * self.size[1] + x.astype(np.int32)
        nearer = np.flatnonzero(nearness > self.nearness[sample])
        sample, nearness = sample[nearer], nearness[nearer]
        np.maximum.at(self.nearness, sample, nearness)
        seen = np.flatnonzero(self.nearness[sample] == nearness)
        sample, nearer = sample[seen], nearer[seen]
        for mine, its in zip(self.normal, normal, strict=True):
            mine[sample] = its[nearer]
        self.label[sample] = label


def _lattice(steps: int) -> FloatArray:
    """Barycentric coordinates [n, 3] of points that divide a triangle's sides into ``steps``."""
    weights = [(a, b, steps - a - b) for a in range(steps + 1) for b in range(steps + 1 - a)]
    return np.array(weights, np.float32) / np.float32(steps)
