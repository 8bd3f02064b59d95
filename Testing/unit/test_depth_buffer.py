"""What is nearer hides what is behind it, and to leave out hidden triangles early changes nothing."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from OrganSegLib.depth_buffer import TILE, DepthBuffer, Mesh

SIZE = 61, 83  # not whole tiles


def _sheet(step: float, nearness: float, hole: float = 0.0) -> Mesh:
    """A grid of triangles over the picture that faces the viewer, but for a round hole in its middle."""
    x, y = np.meshgrid(np.arange(1, SIZE[1] - 1, step), np.arange(1, SIZE[0] - 1, step))
    points = np.stack([x.ravel(), y.ravel(), nearness + 0.1 * x.ravel()]).astype(np.float32)
    number = np.arange(x.size).reshape(x.shape)
    a, b, c, d = (
        part.ravel() for part in (number[:-1, :-1], number[:-1, 1:], number[1:, :-1], number[1:, 1:])
    )
    triangles = np.concatenate([np.stack([a, c, b], axis=1), np.stack([b, c, d], axis=1)])
    middle = points[:2, triangles].mean(axis=2) - np.array(SIZE)[::-1, None] / 2
    triangles = triangles[np.hypot(*middle) > hole]
    return Mesh(points, triangles)


def _drawn(*meshes: tuple[int, Mesh]) -> tuple[NDArray[np.float32], NDArray[np.uint16]]:
    buffer = DepthBuffer.empty(SIZE)
    for label, mesh in meshes:
        buffer.draw(label, mesh)
    return buffer.nearness, buffer.label.reshape(SIZE)


@pytest.mark.parametrize("step", [1.5, TILE - 1.0, 2.5 * TILE], ids=["small", "as a tile", "large"])
def test_the_order_of_drawing_does_not_matter(step: float) -> None:
    front, back = (1, _sheet(2.0, 100.0, hole=5.0)), (2, _sheet(step, 50.0))
    near_first, far_first = _drawn(front, back), _drawn(back, front)
    assert np.array_equal(near_first[0], far_first[0])
    assert np.array_equal(near_first[1], far_first[1])
    labels = near_first[1]
    assert labels[SIZE[0] // 2, SIZE[1] // 2] == 2  # through the hole
    assert (labels == 1).mean() > 0.8


def test_what_faces_away_is_not_drawn() -> None:
    sheet = _sheet(2.0, 100.0)
    _, labels = _drawn((1, Mesh(sheet.points, sheet.triangles[:, ::-1])))
    assert not labels.any()


def test_normals_are_those_of_the_surface() -> None:
    buffer = DepthBuffer.empty(SIZE)
    buffer.draw(1, _sheet(2.0, 100.0))
    normal = buffer.normal[:, buffer.label == 1].mean(axis=1)
    assert normal == pytest.approx((-0.0995, 0.0, 0.995), abs=1e-3)
