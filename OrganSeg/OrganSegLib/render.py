"""A 3D view drawn in numpy: needs no display and no graphics driver, and is the same on every machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from .depth_buffer import DepthBuffer, Mesh
from .organs import Organ
from .surfaces import arrays

if TYPE_CHECKING:
    from vtkmodules.vtkCommonDataModel import vtkPolyData

FloatArray = NDArray[np.float32]

SUPERSAMPLING = 2
TURN, TILT = np.radians([20.0, 8.0])  # from the front, a little from the patient's left and from above
KEY_LIGHT, FILL_LIGHT = (-0.45, 0.55, 0.70), (0.75, 0.05, 0.65)  # right, up, towards the viewer
LUNG_OPACITY = 0.22  # lungs lie before the heart and the great vessels


@dataclass(frozen=True)
class View:
    """The organs from one side.

    Attributes:
        picture: RGBA [height, width, 4], 0 to 1, on a transparent background.
        labels: [height, width]; the organ that is seen there, 0 for none. Lungs are looked through.
    """

    picture: FloatArray
    labels: NDArray[np.uint16]


def render(
    surfaces: Mapping[int, vtkPolyData],
    organs: Mapping[int, Organ],
    width: int,
    height: int,
    turn: float = TURN,
) -> View:
    """The organs as large as the picture allows, seen a little from above.

    Args:
        surfaces: label value -> closed surface, in LPS.
        organs: label value -> organ.
        width, height: of the picture in pixels.
        turn: radians; 0 looks from the front, a quarter turn from the patient's left.
    """
    size = height * SUPERSAMPLING, width * SUPERSAMPLING
    camera = _camera(turn).astype(np.float32)
    meshes = _fitted({label: _in_view(surface, camera) for label, surface in surfaces.items()}, size)
    lungs = {label for label in meshes if organs[label].name.startswith("lung_")}
    picture = np.zeros((size[0] * size[1], 4), np.float32)
    labels = np.zeros(size[0] * size[1], np.uint16)
    for layer, opacity in ((meshes.keys() - lungs, 1.0), (lungs, LUNG_OPACITY)):
        if not layer:
            continue
        buffer = DepthBuffer.empty(size)
        for label in sorted(layer, key=lambda label: -float(meshes[label].points[2].max())):
            buffer.draw(label, meshes[label])
        _lay_over(picture, buffer, organs, opacity)
        labels = np.where(labels, labels, buffer.label)
    samples = picture.reshape(height, SUPERSAMPLING, width, SUPERSAMPLING, 4)
    each = (samples[:, y, :, x] for y, x in np.ndindex(SUPERSAMPLING, SUPERSAMPLING))
    blocks = np.asarray(sum(each)) / SUPERSAMPLING**2
    straight = np.concatenate([blocks[..., :3] / np.maximum(blocks[..., 3:], 1e-6), blocks[..., 3:]], axis=2)
    return View(straight, labels.reshape(size)[::SUPERSAMPLING, ::SUPERSAMPLING])


def extent_mm(surfaces: Mapping[int, vtkPolyData], turn: float = TURN) -> tuple[float, float]:
    """Width and height of what `render` shows, in millimetres; 0 without surfaces."""
    right_and_up = _camera(turn)[:2].T
    seen = [arrays(surface)[0] @ right_and_up for surface in surfaces.values()]
    if not seen:
        return 0.0, 0.0
    width, height = np.max([p.max(0) for p in seen], axis=0) - np.min([p.min(0) for p in seen], axis=0)
    return float(width), float(height)


def _camera(turn: float) -> NDArray[np.float64]:
    """Rows: the viewer's right, up and towards the viewer, in LPS."""
    towards = np.array([np.sin(turn) * np.cos(TILT), -np.cos(turn) * np.cos(TILT), np.sin(TILT)])
    right = np.cross([0.0, 0.0, 1.0], towards)
    right /= np.linalg.norm(right)
    return np.stack([right, np.cross(towards, right), towards])


def _in_view(surface: vtkPolyData, camera: FloatArray) -> Mesh:
    points, triangles = arrays(surface)
    return Mesh(camera @ points.astype(np.float32, copy=False).T, triangles)


def _fitted(meshes: Mapping[int, Mesh], size: tuple[int, int]) -> dict[int, Mesh]:
    """Scaled alike in all directions to fill ``size``; x to the right, y down, in samples."""
    if not meshes:
        return {}
    low = np.min([of.points.min(axis=1) for of in meshes.values()], axis=0)
    high = np.max([of.points.max(axis=1) for of in meshes.values()], axis=0)
    scale = min((size[1] - 4) / (high[0] - low[0]), (size[0] - 4) / (high[1] - low[1]))
    to_samples = np.array([[scale], [-scale], [scale]], np.float32)
    centre = np.array([[size[1] / 2], [size[0] / 2], [0]], np.float32)
    shift = centre - to_samples * ((low + high) / 2)[:, None]
    return {label: replace(of, points=of.points * to_samples + shift) for label, of in meshes.items()}


def _lay_over(picture: FloatArray, buffer: DepthBuffer, organs: Mapping[int, Organ], opacity: float) -> None:
    """Shade with two lights, a soft highlight and darkened hollows; ``picture`` is premultiplied RGBA.

    Source of the compositing: Porter, Duff, "Compositing digital images", SIGGRAPH 1984.
    """
    shown = np.flatnonzero(np.isfinite(buffer.nearness))
    palette = np.zeros((max(organs, default=0) + 1, 3), np.float32)
    for label, organ in organs.items():
        palette[label] = np.divide(organ.colour, 255)
    normal = buffer.normal.take(shown, axis=1)
    normal *= np.array([[1], [-1], [1]], np.float32) / np.maximum(np.linalg.norm(normal, axis=0), 1e-6)
    middle = _unit(KEY_LIGHT) + np.array([0, 0, 1])
    key, fill, shine = (_facing(towards, normal) for towards in (KEY_LIGHT, FILL_LIGHT, middle))
    light = (0.30 + 0.62 * key + 0.22 * fill) * _hollows(buffer, shown)
    colour = palette.take(buffer.label.take(shown), axis=0) * light[:, None]
    colour = np.clip(colour + 0.16 * shine[:, None] ** 24, 0, 1)
    rim = (1 - np.abs(normal[2])) ** 2  # what is translucent is denser where one looks along its wall
    alpha = (opacity + (1 - opacity) * 0.6 * rim)[:, None]
    behind = picture.take(shown, axis=0)
    picture[shown] = np.concatenate([colour * alpha, alpha], axis=1) + behind * (1 - alpha)


def _hollows(buffer: DepthBuffer, shown: NDArray[np.intp]) -> FloatArray:
    """1 in the open, less where the surroundings stand out towards the viewer, per shown pixel.

    Source: Luft, Colditz, Deussen, "Image enhancement by unsharp masking the depth buffer", SIGGRAPH 2006.
    """
    reach = max(buffer.size) // 30

    def around(field: FloatArray) -> FloatArray:
        once = ndimage.uniform_filter(field.reshape(buffer.size), reach)
        return np.asarray(ndimage.uniform_filter(once, reach)).ravel()[shown]

    there = np.isfinite(buffer.nearness)
    weight, total = around(there.astype(np.float32)), around(np.where(there, buffer.nearness, 0))
    behind = total / np.maximum(weight, 1e-3) - buffer.nearness[shown]
    return (1 - 0.55 * np.clip(behind / (2 * reach), 0, 1)).astype(np.float32)


def _facing(towards: Any, normal: FloatArray) -> FloatArray:
    """How much each normal [3, n] points into a direction: 1 wholly, 0 not at all."""
    return np.asarray(np.maximum(np.einsum("a,an->n", _unit(towards), normal), 0))


def _unit(vector: Any) -> FloatArray:
    unit: FloatArray = np.divide(vector, np.linalg.norm(vector)).astype(np.float32)
    return unit
