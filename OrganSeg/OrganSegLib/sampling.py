"""Linear interpolation from a box of the network's grid to the scan's voxels, plane by plane.

On both sides a box is three slices in array order. `Aligned` is quick and takes scans whose axes run along
the patient's, in any order and either way; `Oblique` takes the rest.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from .preprocess import Box, crop_grid, is_aligned
from .volume import Grid

FloatArray = NDArray[np.float32]
BEYOND = 1.0  # nodes: how far the outermost nodes of the network's grid speak for what lies outside it
PART = 64  # nodes along rows and columns: few organs fill more of what is worked on at once
ABSENT = -1e4  # a score that no interpolation makes positive


class Sampler(Protocol):
    """From network nodes to scan voxels.

    Attributes:
        axes: order of the network array's axes in which all boxes and values are meant.
    """

    axes: tuple[int, int, int]

    def nodes(self, planes: slice) -> Box:
        """Every node that has a say in these planes of the scan."""

    def parts(self, region: Box) -> Iterator[Box]:
        """Smaller boxes of nodes with all voxels that lie between those of ``region``."""

    def voxels(self, box: Box, planes: slice) -> Box:
        """The scan's voxels among ``planes`` that lie between the nodes of ``box`` (maybe none)."""

    def sample(self, values: FloatArray, box: Box, target: Box) -> FloatArray:
        """Values at the nodes of ``box``, interpolated at the voxels of ``target``."""


def sampler(network: Grid, native: Grid) -> Sampler:
    """The quickest way from ``network`` (axes along LPS) to ``native``."""
    return Aligned(network, native) if is_aligned(native) else Oblique(network, native)


class Aligned:
    """Each voxel axis follows one network axis, so that interpolation is done axis by axis."""

    def __init__(self, network: Grid, native: Grid) -> None:
        matrix = np.linalg.inv(network.affine) @ native.affine
        centre = (np.array(native.size) - 1) / 2
        middle = matrix[:3, :3] @ centre + matrix[:3, 3]
        follows = np.abs(matrix[:3, :3]).argmax(axis=0)  # voxel axis (i, j, k) -> network axis (x, y, z)
        k, j, i = (2 - int(axis) for axis in follows[::-1])
        self.axes = (k, j, i)
        self._shape = tuple(network.shape[axis] for axis in self.axes)
        # Rounded, so that a voxel that coincides with a node takes its value and nothing else.
        self._at = [
            np.round(matrix[f, n] * (np.arange(native.size[n]) - centre[n]) + middle[f], 6)
            for n, f in reversed(list(enumerate(follows)))
        ]
        held = [at.clip(0, count - 1) for at, count in zip(self._at, self._shape, strict=True)]
        self._below = [at.astype(int) for at in held]
        self._share = [(at % 1).astype(np.float32) for at in held]

    def nodes(self, planes: slice) -> Box:
        count = self._shape[0]
        at = np.clip(self._at[0][planes], 0, count - 1)
        first, last = int(np.floor(at.min())), int(np.ceil(at.max()))
        return slice(first, last + 1), slice(0, self._shape[1]), slice(0, self._shape[2])

    def parts(self, region: Box) -> Iterator[Box]:
        k, j, i = region
        for rows in _steps(j):
            for columns in _steps(i):
                yield k, rows, columns

    def voxels(self, box: Box, planes: slice) -> Box:
        k, j, i = (self._between(axis, nodes) for axis, nodes in enumerate(box))
        return slice(max(k.start, planes.start), min(k.stop, planes.stop)), j, i

    def sample(self, values: FloatArray, box: Box, target: Box) -> FloatArray:
        # Rows last: the only step at the full size, and the one that copies whole rows.
        for axis in (0, 2, 1):
            values = self._along(axis, values, box[axis], target[axis])
        return values

    def _between(self, axis: int, nodes: slice) -> slice:
        at = self._at[axis]
        low = nodes.start - (BEYOND if nodes.start == 0 else 0)
        high = nodes.stop - 1 + (BEYOND if nodes.stop == self._shape[axis] else 0)
        inside = np.flatnonzero((at >= low) & (at <= high))
        return slice(int(inside[0]), int(inside[-1]) + 1) if len(inside) else slice(0, 0)

    def _along(self, axis: int, values: FloatArray, nodes: slice, target: slice) -> FloatArray:
        """Interpolate along one axis. Not as a matrix product: BLAS would fight the caller's threads."""
        below = self._below[axis][target] - nodes.start
        sampled: FloatArray = values.take(below, axis)
        step = values.take(np.minimum(below + 1, nodes.stop - nodes.start - 1), axis)
        step -= sampled
        step *= self._share[axis][target].reshape([-1 if a == axis else 1 for a in range(3)])
        sampled += step
        return sampled


class Oblique:
    """Any orientation, by SimpleITK's resampling of each box."""

    axes = (0, 1, 2)

    def __init__(self, network: Grid, native: Grid) -> None:
        self._network, self._native = network, native
        self._to_network = np.linalg.inv(network.affine) @ native.affine
        self._to_native = np.linalg.inv(self._to_network)

    def nodes(self, planes: slice) -> Box:
        k, j, i = self._native.shape
        edges = [(planes.start, min(planes.stop, k) - 1), (0, j - 1), (0, i - 1)]
        return _around(edges, self._to_network, self._network.shape)

    def parts(self, region: Box) -> Iterator[Box]:
        yield region  # parts would overlap on the scan, with scores that differ there

    def voxels(self, box: Box, planes: slice) -> Box:
        edges = [
            (s.start - BEYOND * (s.start == 0), s.stop - 1 + BEYOND * (s.stop == n))
            for s, n in zip(box, self._network.shape, strict=True)
        ]
        k, j, i = _around(edges, self._to_native, self._native.shape)
        return slice(max(k.start, planes.start), min(k.stop, planes.stop)), j, i

    def sample(self, values: FloatArray, box: Box, target: Box) -> FloatArray:
        import SimpleITK as sitk

        # SimpleITK looks half a node beyond its image. One more node all around decides what it sees there:
        # at the border of the network's grid the outermost node again, elsewhere what is never the organ.
        border = [
            (int(s.start == 0), int(s.stop == n)) for s, n in zip(box, self._network.shape, strict=True)
        ]
        other = [(1 - before, 1 - after) for before, after in border]
        padded = np.pad(np.pad(values, border, mode="edge"), other, constant_values=ABSENT)
        k, j, i = (slice(s.start - 1, s.stop + 1) for s in box)
        image = crop_grid(self._network, (k, j, i)).image(padded)
        grid = crop_grid(self._native, target)
        sampled = sitk.Resample(
            image,
            grid.size,
            sitk.Transform(),
            sitk.sitkLinear,
            grid.origin_mm,
            grid.spacing_mm,
            grid.direction,
            ABSENT,
            sitk.sitkFloat32,
        )
        array: FloatArray = sitk.GetArrayFromImage(sampled)
        return array


def _steps(nodes: slice) -> Iterator[slice]:
    """Each begins with the last node of the one before."""
    for start in range(nodes.start, max(nodes.stop - 1, nodes.start + 1), PART):
        yield slice(start, min(start + PART + 1, nodes.stop))


def _around(edges: list[tuple[float, float]], matrix: NDArray[Any], shape: tuple[int, ...]) -> Box:
    """The smallest box of ``shape`` around a box of another grid, given by its ends (k, j, i) and a 4x4."""
    corners = np.stack(np.meshgrid(*edges[::-1], indexing="ij"), -1).reshape(-1, 3)
    points = (corners @ matrix[:3, :3].T + matrix[:3, 3])[:, ::-1]
    low = np.clip(np.floor(points.min(0)), 0, shape).astype(int)
    high = np.clip(np.ceil(points.max(0)) + 1, 0, shape).astype(int)
    k, j, i = (slice(int(a), int(max(a, b))) for a, b in zip(low, high, strict=True))
    return k, j, i
