"""A 3D view drawn in numpy: needs no display and no graphics driver, and is the same on every machine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from .organs import Organ
from .surfaces import mesh, vertex_normals

if TYPE_CHECKING:
    from vtkmodules.vtkCommonDataModel import vtkPolyData

FloatArray = NDArray[np.float32]

SUPERSAMPLING = 2
SAMPLES_AT_ONCE = 2_000_000
TURN, TILT = np.radians([20.0, 8.0])  # seen from the front, a little from the patient's left and from above
KEY_LIGHT, FILL_LIGHT = (-0.45, 0.55, 0.70), (0.75, 0.05, 0.65)  # right, up, towards the viewer
LUNG_OPACITY = 0.22  # lungs lie before the heart and the great vessels


def render(
    surfaces: Mapping[int, vtkPolyData], organs: Mapping[int, Organ], width: int, height: int
) -> FloatArray:
    """The organs from the front as RGBA [height, width, 4], 0 to 1, on a transparent background."""
    size = height * SUPERSAMPLING, width * SUPERSAMPLING
    meshes = {label: _in_view(surface) for label, surface in surfaces.items()}
    meshes = _fitted(meshes, size)
    lungs = {label for label in meshes if organs[label].name.startswith("lung_")}
    picture = np.zeros((*size, 4), np.float32)
    for layer, opacity in ((set(meshes) - lungs, 1.0), (lungs, LUNG_OPACITY)):
        buffer = _Buffer.empty(size)
        for label in layer:
            for samples in _samples(*meshes[label]):
                buffer.add(label, *samples)
        picture = _over(_shaded(buffer, organs, opacity), picture)
    blocks = picture.reshape(height, SUPERSAMPLING, width, SUPERSAMPLING, 4).mean(axis=(1, 3))
    return np.concatenate([blocks[..., :3] / np.maximum(blocks[..., 3:], 1e-6), blocks[..., 3:]], axis=2)


def _camera() -> NDArray[np.float64]:
    """Rows: the viewer's right, up and towards the viewer, in LPS."""
    towards = np.array([np.sin(TURN) * np.cos(TILT), -np.cos(TURN) * np.cos(TILT), np.sin(TILT)])
    right = np.cross([0.0, 0.0, 1.0], towards)
    right /= np.linalg.norm(right)
    return np.stack([right, np.cross(towards, right), towards])


Mesh = tuple[FloatArray, NDArray[np.int64], FloatArray]  # points, triangles, normals


def _in_view(surface: vtkPolyData) -> Mesh:
    points, triangles = mesh(surface)
    camera = _camera().T
    seen = points @ camera, triangles, vertex_normals(points, triangles) @ camera
    return seen[0].astype(np.float32), seen[1], seen[2].astype(np.float32)


def _fitted(meshes: Mapping[int, Mesh], size: tuple[int, int]) -> dict[int, Mesh]:
    """Scaled alike in all directions to fill ``size``; x to the right, y down, in pixels."""
    if not meshes:
        return {}
    low = np.min([points.min(0) for points, _, _ in meshes.values()], axis=0)
    high = np.max([points.max(0) for points, _, _ in meshes.values()], axis=0)
    scale = min((size[1] - 4) / (high[0] - low[0]), (size[0] - 4) / (high[1] - low[1]))
    middle = (low + high) / 2
    to_pixels = np.array([scale, -scale, scale], np.float32)
    centre = np.array([size[1] / 2, size[0] / 2, 0], np.float32)
    return {label: ((p - middle) * to_pixels + centre, t, n) for label, (p, t, n) in meshes.items()}


def _samples(
    points: FloatArray, triangles: NDArray[np.int64], normals: FloatArray
) -> Iterator[tuple[FloatArray, FloatArray]]:
    """Points and normals on the triangles that face the viewer, at least one per pixel that they cover."""
    corners = points[triangles]
    spans = np.ptp(corners[..., :2], axis=1).max(axis=1)
    facing = np.cross(corners[:, 1, :2] - corners[:, 0, :2], corners[:, 2, :2] - corners[:, 0, :2]) < 0
    steps = np.ceil(spans).astype(np.int64)
    for step in np.unique(steps[facing]):
        weights = np.array(
            [(a, b, step - a - b) for a in range(step + 1) for b in range(step + 1 - a)], np.float32
        ) / max(step, 1)
        chosen = triangles[facing & (steps == step)]
        for part in np.array_split(chosen, len(chosen) * len(weights) // SAMPLES_AT_ONCE + 1):
            yield (
                np.einsum("wc,tcx->twx", weights, points[part]).reshape(-1, 3),
                np.einsum("wc,tcx->twx", weights, normals[part]).reshape(-1, 3),
            )


@dataclass(frozen=True)
class _Buffer:
    """What each pixel shows: how near it is (-inf: nothing), the surface's normal and the organ's label."""

    nearness: FloatArray
    normal: FloatArray
    label: NDArray[np.int64]

    @classmethod
    def empty(cls, size: tuple[int, int]) -> _Buffer:
        return cls(np.full(size, -np.inf, np.float32), np.zeros((*size, 3), np.float32), np.zeros(size, np.int64))

    def add(self, label: int, points: FloatArray, normals: FloatArray) -> None:
        """Draw points; nearer ones hide those behind them."""
        pixel = points[:, 1].astype(np.int64) * self.nearness.shape[1] + points[:, 0].astype(np.int64)
        nearness = self.nearness.reshape(-1)
        np.maximum.at(nearness, pixel, points[:, 2])
        seen = nearness[pixel] == points[:, 2]
        self.normal.reshape(-1, 3)[pixel[seen]] = normals[seen]
        self.label.reshape(-1)[pixel[seen]] = label


def _shaded(buffer: _Buffer, organs: Mapping[int, Organ], opacity: float) -> FloatArray:
    """Premultiplied RGBA with two lights, a soft highlight and darkened hollows."""
    shown = np.isfinite(buffer.nearness)
    palette = np.zeros((max(organs) + 1, 3), np.float32)
    for label, organ in organs.items():
        palette[label] = np.divide(organ.colour, 255)
    normal = buffer.normal / np.maximum(np.linalg.norm(buffer.normal, axis=2, keepdims=True), 1e-6)
    key, fill = (np.maximum(normal @ _unit(light), 0) for light in (KEY_LIGHT, FILL_LIGHT))
    halfway = np.maximum(normal @ _unit(_unit(KEY_LIGHT) + np.array([0, 0, 1])), 0)
    light = (0.30 + 0.62 * key + 0.22 * fill) * _hollows(buffer.nearness, shown)
    colour = palette[buffer.label] * light[..., None] + 0.16 * (halfway**24)[..., None]
    rim = 1 if opacity == 1 else opacity + (1 - opacity) * 0.6 * (1 - np.abs(normal[..., 2])) ** 2
    alpha = np.where(shown, rim, 0).astype(np.float32)[..., None]
    return np.concatenate([np.clip(colour, 0, 1) * alpha, alpha], axis=2).astype(np.float32)


def _hollows(nearness: FloatArray, shown: NDArray[np.bool_]) -> FloatArray:
    """1 in the open, less where the surroundings stand out towards the viewer.

    Source: Luft, Colditz, Deussen, "Image enhancement by unsharp masking the depth buffer", SIGGRAPH 2006.
    """
    reach = max(nearness.shape) / 60
    flat = np.where(shown, nearness, 0)
    weight = ndimage.gaussian_filter(shown.astype(np.float32), reach)
    around = ndimage.gaussian_filter(flat, reach) / np.maximum(weight, 1e-3)
    behind = np.where(shown, around - flat, 0) / (4 * reach)
    return (1 - 0.55 * np.clip(behind, 0, 1)).astype(np.float32)


def _unit(vector: Any) -> FloatArray:
    return (np.asarray(vector) / np.linalg.norm(vector)).astype(np.float32)


def _over(front: FloatArray, back: FloatArray) -> FloatArray:
    """Premultiplied alpha compositing (Porter and Duff 1984)."""
    return front + back * (1 - front[..., 3:])
