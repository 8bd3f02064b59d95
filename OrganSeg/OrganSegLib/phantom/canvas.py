"""The phantom's drawing board: body coordinates on any voxel grid, shapes in them, and a brush.

A shape is a signed distance in body millimetres (negative inside) evaluated at voxel centres, so the same
anatomy appears on every grid, whatever its spacing, direction or extent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..volume import Grid

Array = NDArray[np.floating[Any]]
Point = tuple[float, float, float]


@dataclass(frozen=True)
class Pose:
    """How a body lies in the scanner: body = scale * rotation^T (patient - centre) + gentle waves.

    Attributes:
        centre: LPS position of the body's origin (first lumbar vertebra's level, mid-body).
        rotation: 3x3, body axes as columns in LPS.
        scale: body millimetres per scanner millimetre, per body axis.
        wave_vectors: [n, 3] radians per millimetre.
        wave_phases: [n] radians.
        wave_shifts: [n, 3] body millimetres that each wave displaces at its crest.
    """

    centre: Array
    rotation: Array
    scale: Array
    wave_vectors: Array
    wave_phases: Array
    wave_shifts: Array

    @property
    def reach_mm(self) -> Array:
        """Largest displacement by the waves along each body axis."""
        reach: Array = np.abs(self.wave_shifts).sum(axis=0)
        return reach

    def body_coordinates(self, grid: Grid) -> list[Array]:
        """Body x, y, z (left, posterior, superior; millimetres) of every voxel, each float32 [k, j, i]."""
        linear = (self.rotation * self.scale).T
        axes = [_affine(grid, row, -float(row @ self.centre)) for row in linear]
        for vector, phase, shift in zip(self.wave_vectors, self.wave_phases, self.wave_shifts, strict=True):
            wave = np.sin(_affine(grid, vector, float(phase)))
            for axis, amount in zip(axes, shift, strict=True):
                axis += np.float32(amount) * wave
        return axes

    def to_patient(self, points: ArrayLike) -> Array:
        """LPS millimetres of body points [n, 3], the waves left out."""
        patient: Array = np.asarray(points) / self.scale @ self.rotation.T + self.centre
        return patient


def _affine(grid: Grid, weights: Array, offset: float) -> Array:
    """``weights . patient position + offset`` at every voxel, float32 [k, j, i]."""
    per_index = weights @ grid.affine[:3, :3]
    offset += float(weights @ np.asarray(grid.origin_mm))
    i, j, k = (np.float32(per_index[n]) * np.arange(grid.size[n], dtype=np.float32) for n in range(3))
    values: Array = (k + np.float32(offset))[:, None, None] + j[:, None] + i
    return values


@dataclass(frozen=True)
class View:
    """A block of the canvas; arrays are windows into it, [k, j, i], and may be empty.

    Attributes:
        x, y, z: body coordinates, millimetres.
        height: patient y in scanner millimetres from the body's centre, for levels that lie flat.
        hu: Hounsfield units, painted on.
        labels: organ labels, painted on.
        edge_mm: width over which a border fades, body millimetres (partial volume).
        scratch: room to gather a distance from several blocks.
    """

    x: Array
    y: Array
    z: Array
    height: Array
    hu: Array
    labels: NDArray[np.uint8]
    edge_mm: float
    scratch: Array

    def mottle(self, rng: np.random.Generator, wavelength_mm: float) -> Array:
        """A smooth random pattern without direction, zero mean and unit variance, [k, j, i]."""
        pattern: Array = np.zeros(self.x.shape, np.float32)
        for _ in range(6):
            direction = rng.normal(size=3)
            direction *= 2 * np.pi / (wavelength_mm * rng.uniform(0.75, 1.35) * np.linalg.norm(direction))
            along = [np.float32(weight) for weight in (*direction, rng.uniform(0, 2 * np.pi))]
            pattern += np.sin(self.x * along[0] + self.y * along[1] + self.z * along[2] + along[3])
        return pattern / np.float32(np.sqrt(3.0))

    def paint(self, distance: Array, hu: Array | float, label: int | None = None, inside: int = 0) -> None:
        """Lay tissue over what is there.

        Args:
            distance: signed distance of the shape, [k, j, i].
            hu: its Hounsfield units.
            label: written where the distance is negative; None keeps the labels.
            inside: paint only on voxels of this label; 0 paints everywhere.
        """
        cover = np.clip(0.5 - distance / self.edge_mm, 0.0, 1.0).astype(np.float32)
        if inside:
            cover *= self.labels == inside
        np.add(self.hu, cover * (hu - self.hu), out=self.hu, casting="same_kind")
        if label is not None:
            self.labels[distance < 0] = label


class Canvas:
    """Voxels of one grid with their body coordinates; hands out views."""

    def __init__(self, grid: Grid, pose: Pose) -> None:
        self._grid, self._pose = grid, pose
        self._axes = pose.body_coordinates(grid)
        self._height = _affine(grid, np.array([0.0, 1.0, 0.0]), -float(pose.centre[1]))
        self.hu: Array = np.full(grid.shape, -1000.0, np.float32)
        self.labels: NDArray[np.uint8] = np.zeros(grid.shape, np.uint8)
        self._scratch: Array = np.empty(grid.shape, np.float32)
        self._edge_mm = max(1.5, 0.8 * float(np.mean(grid.spacing_mm)))

    def view(self, low: ArrayLike, high: ArrayLike) -> View:
        """The block that holds the body box from ``low`` to ``high`` with room for waves and soft edges."""
        margin = self._pose.reach_mm + self._edge_mm
        box = np.array([np.asarray(low) - margin, np.asarray(high) + margin])
        corners = np.array(
            [[box[a, 0], box[b, 1], box[c, 2]] for a in (0, 1) for b in (0, 1) for c in (0, 1)]
        )
        affine = self._grid.affine
        index = (self._pose.to_patient(corners) - affine[:3, 3]) @ np.linalg.inv(affine[:3, :3]).T
        size = np.asarray(self._grid.size)
        first = np.clip(np.floor(index.min(axis=0)), 0, size).astype(int)
        last = np.clip(np.ceil(index.max(axis=0)) + 1, first, size).astype(int)
        return self._block(first[::-1], last[::-1])

    def everywhere(self) -> View:
        """The whole canvas."""
        return self._block(np.zeros(3, int), np.array(self.hu.shape))

    def _block(self, first: NDArray[Any], last: NDArray[Any]) -> View:
        block = tuple(slice(int(a), int(b)) for a, b in zip(first, last, strict=True))
        x, y, z = (axis[block] for axis in self._axes)
        return View(
            x,
            y,
            z,
            height=self._height[block],
            hu=self.hu[block],
            labels=self.labels[block],
            edge_mm=self._edge_mm,
            scratch=self._scratch[block],
        )

    def tube(self, points: ArrayLike, radii: Sequence[float] | Array) -> tuple[View, Array]:
        """A bent tube through body ``points`` [n, 3] with a radius at each: view and distance."""
        course = _smooth(np.column_stack([np.asarray(points, float), radii]))
        middle, radius = course[:, :3], course[:, 3:]
        view = self.view((middle - radius).min(axis=0), (middle + radius).max(axis=0))
        view.scratch[:] = 1e3
        for start, end in pairwise(course):
            reach = max(start[3], end[3])
            piece = self.view(np.minimum(start, end)[:3] - reach, np.maximum(start, end)[:3] + reach)
            np.minimum(piece.scratch, segment(piece, start, end), out=piece.scratch)
        return view, view.scratch.copy()


def _smooth(course: Array, steps: int = 3) -> Array:
    """Catmull-Rom curve through the rows of ``course``, ``steps`` pieces between two rows."""
    if len(course) == 2:
        return course.astype(np.float32)
    padded = np.vstack([2 * course[0] - course[1], course, 2 * course[-1] - course[-2]])
    t = (np.arange(steps) / steps)[:, None]
    pieces = [
        b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)))
        for a, b, c, d in zip(padded, padded[1:], padded[2:], padded[3:], strict=False)
    ]
    return np.vstack([*pieces, course[-1:]]).astype(np.float32)


def segment(view: View, start: Array, end: Array) -> Array:
    """Distance to a straight piece of tube; ``start`` and ``end`` are (x, y, z, radius)."""
    along = (end - start)[:3]
    length2 = max(float(along @ along), 1e-6)
    dx, dy, dz = view.x - start[0], view.y - start[1], view.z - start[2]
    t = np.clip((dx * along[0] + dy * along[1] + dz * along[2]) / length2, 0.0, 1.0)
    dx, dy, dz = dx - t * along[0], dy - t * along[1], dz - t * along[2]
    distance: Array = np.sqrt(dx * dx + dy * dy + dz * dz) - (start[3] + t * (end[3] - start[3]))
    return distance


def ellipsoid(
    view: View, centre: ArrayLike, radii: Sequence[float] | Array, axes: Array | None = None
) -> Array:
    """First-order distance to an ellipsoid; ``axes`` [3, 3] holds its directions as columns."""
    x, y, z = np.asarray(centre, np.float32)
    dx, dy, dz = view.x - x, view.y - y, view.z - z
    if axes is None:
        return implicit_ellipsoid((dx, dy, dz), radii)
    turned_offsets = [a * dx + b * dy + c * dz for a, b, c in axes.T.astype(np.float32)]
    return implicit_ellipsoid(turned_offsets, radii)


def implicit_ellipsoid(offsets: Sequence[Array], radii: Sequence[Array | float] | Array) -> Array:
    """Distance k (k - 1) / |grad k| for k = |offset / radius| (first order, exact on spheres)."""
    k2: Array | float = 0.0
    g2: Array | float = 1e-9
    for offset, size in zip(offsets, radii, strict=True):
        radius = np.asarray(size, np.float32)
        scaled2 = (offset / radius) ** 2
        k2, g2 = k2 + scaled2, g2 + scaled2 / radius**2
    k = np.sqrt(k2)
    distance: Array = k * (k - 1.0) / np.sqrt(g2)
    return distance


def join(*distances: Array, blend_mm: float = 8.0) -> Array:
    """Smooth union: shapes melt into each other within about ``blend_mm``."""
    result = distances[0]
    for other in distances[1:]:
        h = np.clip(0.5 + 0.5 * (other - result) / blend_mm, 0.0, 1.0)
        result = other + (result - other) * h - blend_mm * h * (1.0 - h)
    return result


def common(*distances: Array | float) -> Array:
    """Intersection."""
    result = distances[0]
    for other in distances[1:]:
        result = np.maximum(result, other)
    return np.asarray(result)


def turned(x_deg: float = 0.0, y_deg: float = 0.0, z_deg: float = 0.0) -> Array:
    """Rotation matrix: about x, then y, then z."""
    cx, cy, cz = np.cos(np.deg2rad([x_deg, y_deg, z_deg]))
    sx, sy, sz = np.sin(np.deg2rad([x_deg, y_deg, z_deg]))
    about_x = np.array([[1, 0, 0], [0, cx, -sx], [0, sx, cx]])
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_z = np.array([[cz, -sz, 0], [sz, cz, 0], [0, 0, 1]])
    product: Array = about_z @ about_y @ about_x
    return product
