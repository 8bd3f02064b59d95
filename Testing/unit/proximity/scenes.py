"""Analytic scenes: where each point lies in them is known exactly."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from OrganSegLib.organs import organ_named
from OrganSegLib.volume import Grid, Labelmap

from Testing.unit.shapes import DIRECTIONS, positions

Places = NDArray[np.float64]
Shape = Callable[[Places], NDArray[np.bool_]]
FINE = (0.25, 0.25, 0.5)
CLINICAL = (0.8, 0.8, 1.5)


def grid_over(low: Places, high: Places, spacing_mm: tuple[float, float, float], direction: str) -> Grid:
    """A grid of any direction over the LPS box from ``low`` to ``high``."""
    axes = np.reshape(DIRECTIONS[direction], (3, 3)) * spacing_mm
    corners = np.array(list(itertools.product(*zip(low, high, strict=True)))) @ np.linalg.inv(axes).T
    first, last = np.floor(corners.min(axis=0)), np.ceil(corners.max(axis=0))
    i, j, k = (int(n) for n in last - first + 1)
    x, y, z = (float(value) for value in axes @ first)
    return Grid((i, j, k), spacing_mm, (x, y, z), DIRECTIONS[direction])


def labelled(grid: Grid, **organs: Shape) -> Labelmap:
    """Organs by name, the first with label 1; later ones on top."""
    places = positions(grid)
    labels = np.zeros(grid.shape, np.uint8)
    for label, shape in enumerate(organs.values(), 1):
        labels[shape(places)] = label
    return Labelmap(labels, grid, {label: organ_named(name) for label, name in enumerate(organs, 1)})


def ball(centre: Places, radius_mm: float) -> Shape:
    return lambda places: np.linalg.norm(places - centre, axis=-1) < radius_mm


def tube(axis: Places, inner_mm: float, outer_mm: float, length_mm: float, degrees: float = 360) -> Shape:
    """A tube through the origin, or that part of its wall that lies within an angle around it."""
    along = np.asarray(axis) / np.linalg.norm(axis)
    across = np.cross(along, np.eye(3)[np.abs(along).argmin()])
    across /= np.linalg.norm(across)
    up = np.cross(along, across)

    def shape(places: Places) -> NDArray[np.bool_]:
        x, y = places @ across, places @ up
        radius, angle = np.hypot(x, y), np.degrees(np.arctan2(y, x))
        wall = (radius >= inner_mm) & (radius < outer_mm) & (np.abs(angle) <= degrees / 2)
        inside: NDArray[np.bool_] = wall & (np.abs(places @ along) <= length_mm / 2)
        return inside

    return shape
