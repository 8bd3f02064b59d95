"""Closed meshes as arrays: smoothing, normals, and parting a mesh where it touches itself.

A mesh is ``points`` [n, 3] and ``faces`` [m, 3] (indices into the points, counter-clockwise from outside), or
[m, 4] where quads are spoken of. A corner is named by its place in ``faces.ravel()``; it stands for the
half-edge that starts there, too.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Points = NDArray[np.floating[Any]]
Faces = NDArray[np.integer[Any]]
BLOCKS = 4  # of faces that are smoothed at once, on any machine: the order of sums decides the last digits


def membership(points: Points, faces: Faces) -> csr_array:
    """Matrix [faces, points]: which points make up a face; times points, it sums those of each face."""
    from scipy.sparse import csr_array

    ones = np.ones(faces.size, points.dtype)
    starts = np.arange(0, faces.size + 1, faces.shape[1], dtype=faces.dtype)
    return csr_array((ones, faces.ravel(), starts), shape=(len(faces), len(points)))


def smoothed(points: Points, faces: Faces, steps: int) -> Points:
    """The points with voxel steps smoothed away, without the shrinking that smoothing brings along.

    In each step a point moves to the mean centre of the faces around it; in a last one it moves back, by as
    much as all the others together shrink what is smooth (after Taubin, "A signal processing approach to
    fair surface design", SIGGRAPH 1995). A sphere of 5 voxels' radius keeps its volume to 1 % in six steps,
    where plain smoothing loses 21 %.
    """
    blocks = [_Block.of(points, block) for block in np.array_split(faces, BLOCKS) if len(block)]
    around = np.maximum(np.bincount(faces.ravel(), minlength=len(points)), 1)
    weight = (1 / (faces.shape[1] * around)).astype(points.dtype)[:, None]

    with ThreadPoolExecutor(os.cpu_count()) as pool:

        def relaxed(moved: Points) -> Points:
            total = np.zeros_like(moved)
            parts = pool.map(lambda block: block.gathered(moved), blocks)
            for block, own in zip(blocks, parts, strict=True):
                total[block.points] += own
            total *= weight
            return total

        for _ in range(steps):
            points = relaxed(points)
        return (steps + 1) * points - steps * relaxed(points) if steps else points


@dataclass(frozen=True)
class _Block:
    """Some faces and the range of points that they use: a part of all where both are in the scan's order."""

    points: slice
    of_face: csr_array

    @classmethod
    def of(cls, points: Points, faces: Faces) -> _Block:
        own = _range(faces)
        return cls(own, membership(points[own], faces - faces.dtype.type(own.start)))

    def gathered(self, points: Points) -> Points:
        """For each point in the range, the sum over its faces of the sums of their points."""
        sums: Points = self.of_face.T @ (self.of_face @ points[self.points])
        return sums


def face_normals(points: Points, faces: Faces) -> Points:
    """Outward normals, as long as twice the area of the face."""
    corners = np.ascontiguousarray(faces.T)
    axes = np.ascontiguousarray(points.T)  # one axis at a time: four times as fast as rows and np.cross
    ends = (axis.take(corners, mode="clip") for axis in axes)  # and unchecked: half the time
    (x, u), (y, v), (z, w) = ((b - a, c - a) for a, b, c in ends)
    return np.stack([y * w - z * v, z * u - x * w, x * v - y * u], axis=1)


def vertex_normals(points: Points, faces: Faces) -> Points:
    """Outward unit normals at the points, weighted by the area of the faces around them."""
    summed: Points = membership(points, faces).T @ face_normals(points, faces)
    length = np.linalg.norm(summed, axis=1, keepdims=True)
    normals: Points = summed / np.maximum(length, np.finfo(summed.dtype).tiny)
    return normals


def without_unused(points: Points, faces: Faces) -> tuple[Points, Faces]:
    """Only the points that a face uses."""
    own = _range(faces)  # few of all, where points and faces lie in the scan's order
    local = faces - faces.dtype.type(own.start)
    used = np.zeros(own.stop - own.start, bool)
    used[local] = True
    kept = np.flatnonzero(used)
    number = np.empty(len(used), faces.dtype)
    number[kept] = np.arange(len(kept), dtype=faces.dtype)
    return points[own].take(kept, axis=0), number[local]


def _range(faces: Faces) -> slice:
    """The shortest range of points that holds all those of the faces."""
    return slice(int(faces.min()), int(faces.max()) + 1) if faces.size else slice(0, 0)


def parted(points: Points, faces: Faces, gap: float) -> tuple[Points, Faces]:
    """The triangles of a closed mesh of quads or triangles, every edge between exactly two of them.

    Where two voxels of an organ touch along an edge only, four faces meet there. They are paired across the
    organ's inside, and one pair gets a point of its own in the middle of the edge, drawn inwards by ``gap``
    so that the pairs stay apart in files that store no topology (STL), too.
    """
    pinched = _pinched(faces, len(points))
    if not pinched.any():
        return points, _halved(faces)
    near = _with_any(faces, pinched)
    settled, local = [_halved(faces.take(np.flatnonzero(~near), axis=0))], _halved(faces[near])
    chance = np.random.default_rng(0)
    while len(local):
        near = _with_any(local, _pinched(local, len(points)))
        settled.append(local[~near])
        local = local[near]
        one, other = _pairs_at_pinched_edges(points, local)
        # A face is divided along one edge at a time. Of the edges that want it the luckiest goes first: the
        # luckiest of all always does, and by chance most others need not wait long.
        luck = chance.permutation(len(one))
        first = np.full(len(local), len(one))
        for half in (one, other):
            np.minimum.at(first, half // 3, luck)
        now = (first[one // 3] == luck) & (first[other // 3] == luck)
        points, local = _divided(points, local, one[now], other[now], gap)
    return points, np.concatenate(settled)


def is_closed(faces: Faces, points: int) -> bool:
    """Whether every edge belongs to exactly two faces, which run along it in opposite directions."""
    start, end = faces.ravel().astype(np.int64), np.roll(faces, -1, axis=1).ravel()
    there, back = np.sort(start * points + end), np.sort(end * np.int64(points) + start)
    return bool(np.array_equal(there, back) and np.all(there[:-1] != there[1:]))


def _halved(faces: Faces) -> Faces:
    """Two triangles of each quad, along the diagonal from its first corner; triangles as they are."""
    if faces.shape[1] == 3:
        return faces
    halves = np.empty((2 * len(faces), 3), faces.dtype)
    halves[: len(faces)] = faces[:, :3]
    halves[len(faces) :, 0] = faces[:, 0]
    halves[len(faces) :, 1:] = faces[:, 2:]
    return halves


def _with_any(faces: Faces, marked: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Faces that have a marked point; where few have one, much quicker than np.any along the short axis."""
    found = np.zeros(len(faces), bool)
    found[np.flatnonzero(marked[faces]) // faces.shape[1]] = True
    return found


def _pinched(faces: Faces, points: int) -> NDArray[np.bool_]:
    """Points on an edge that four faces share."""
    # The faces around such a point make two fans, of three faces at least. Of quads nearly all points have
    # fewer, which is quick to see and saves the sorting of their edges.
    busy = np.bincount(faces.ravel(), minlength=points) >= 2 * 3
    some = faces[_with_any(faces, busy)]
    start, end = some, np.roll(some, -1, axis=1)
    likely = busy[start] & busy[end] & (start < end)
    edges = np.sort(start[likely].astype(np.int64) * points + end[likely])
    shared = edges[:-1][edges[:-1] == edges[1:]]
    pinched = np.zeros(points, bool)
    pinched[shared // points] = True
    pinched[shared % points] = True
    return pinched


def _pairs_at_pinched_edges(points: Points, faces: Faces) -> tuple[Faces, Faces]:
    """For each edge of four faces, one half-edge and its opposite in the face across the inside."""
    start, end = faces.ravel(), np.roll(faces, -1, axis=1).ravel()
    key = np.minimum(start, end).astype(np.int64) * len(points) + np.maximum(start, end)
    forward, backward = np.flatnonzero(start < end), np.flatnonzero(start > end)
    forward, backward = forward[np.argsort(key[forward])], backward[np.argsort(key[backward])]
    one = forward[:-1][np.diff(key[forward]) == 0]
    second = np.searchsorted(key[backward], key[one]) + 1
    others = backward[second - 1], backward[second]
    first_is_nearer = _turn(points, start, one, others[0]) < _turn(points, start, one, others[1])
    return one, np.where(first_is_nearer, *others)


def _divided(points: Points, faces: Faces, one: Faces, other: Faces, gap: float) -> tuple[Points, Faces]:
    """Divide two neighbouring faces each at a new point in the middle of their common edge."""
    normal = sum(face_normals(points, faces[corner // 3]) for corner in (one, other))
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), np.finfo(points.dtype).tiny)
    vertex = faces.ravel()
    middle = (points[vertex[one]] + points[vertex[_next(one)]]) / 2 - gap * normal
    new = len(points) + np.arange(len(one))
    divided, added = faces.copy(), []
    for corner in (one, other):
        a, b, c = vertex[corner], vertex[_next(corner)], vertex[_next(_next(corner))]
        divided[corner // 3] = np.stack([a, new, c], axis=1)
        added.append(np.stack([new, b, c], axis=1))
    return np.concatenate([points, middle]), np.concatenate([divided, *added])


def _next(corner: Faces) -> Faces:
    """The next corner of the same face."""
    return corner - corner % 3 + (corner + 1) % 3


def _turn(points: Points, vertex: Faces, one: Faces, other: Faces) -> Points:
    """Angle about their common edge, through the inside, from the face of ``one`` to that of ``other``."""
    corners = (one, _next(one), _next(_next(one)), _next(_next(other)))
    a, b, c, d = (points[vertex[corner]] for corner in corners)
    edge, inwards = b - a, np.cross(c - a, b - a)
    across = np.cross(edge, np.cross(c - a, edge))
    height = np.einsum("ij,ij->i", d - a, inwards) * np.linalg.norm(edge, axis=1)
    angle: Points = np.arctan2(height, np.einsum("ij,ij->i", d - a, across)) % (2 * np.pi)
    return angle
