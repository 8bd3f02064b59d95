"""Surfaces as files: one binary STL per organ for printing, one coloured glTF binary (GLB) for viewing."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .organs import Organ
from .surfaces import arrays
from .triangles import Points, face_normals, vertex_normals

if TYPE_CHECKING:
    from vtkmodules.vtkCommonDataModel import vtkPolyData

# 80 bytes of free text; 3D Slicer looks for the coordinate system there.
STL_HEADER = b"OrganSeg surface; SPACE=LPS; millimetres"
STL_TRIANGLE = np.dtype([("normal", "<f4", 3), ("vertices", "<f4", (3, 3)), ("attribute", "<u2")])
TRIANGLES_AT_ONCE = 50_000  # few enough for the processor's cache

# glTF 2.0 (ISO/IEC 12113:2022): metres, +Y up, a model's front faces +Z. A patient faces anterior (-P).
GLTF_AXES, GLTF_SIGNS = [0, 2, 1], np.array([1, 1, -1], "<f4")
FLOAT, UNSIGNED_INT = 5126, 5125
VERTICES, INDICES = 34962, 34963
JSON_CHUNK, BINARY_CHUNK = 0x4E4F534A, 0x004E4942


def write_stl(path: Path, surface: vtkPolyData) -> None:
    """Write a surface as binary STL in LPS millimetres.

    Raises:
        OSError: the file could not be written.
    """
    points, triangles = arrays(surface)
    points = points.astype("<f4", copy=False)  # as files hold them, and half the time
    normals = face_normals(points, triangles)
    normals /= np.maximum(np.sqrt(np.einsum("ij,ij->i", normals, normals)), 1e-12)[:, None]
    parts = len(triangles) // TRIANGLES_AT_ONCE + 1
    with path.open("wb") as file:
        file.write(STL_HEADER.ljust(80) + struct.pack("<I", len(triangles)))
        for faces, normal in zip(
            np.array_split(triangles, parts), np.array_split(normals, parts), strict=True
        ):
            records = np.zeros(len(faces), STL_TRIANGLE)
            records["vertices"] = points.take(faces, axis=0, mode="clip")  # unchecked: a third of the time
            records["normal"] = normal
            file.write(records.data)


def write_glb(path: Path, surfaces: Mapping[int, vtkPolyData], organs: Mapping[int, Organ]) -> None:
    """Write all surfaces into one GLB file, each organ a node with its name and its colour.

    Raises:
        OSError: the file could not be written.
    """
    scene = _Scene()
    for label, surface in surfaces.items():
        scene.add(organs[label], surface)
    with path.open("wb") as file:
        file.write(scene.head())
        for surface in surfaces.values():
            for values in _gltf_arrays(surface):
                file.write(values.data)


def _gltf_arrays(surface: vtkPolyData) -> Iterator[NDArray[Any]]:
    """Positions in metres, normals, indices: what `_Scene.add` tells of, in the same order."""
    points, triangles = arrays(surface)
    points = points.astype("<f4", copy=False)
    yield _gltf_positions(points)
    yield vertex_normals(points, triangles).take(GLTF_AXES, axis=1) * GLTF_SIGNS
    yield triangles.astype("<u4")


def _gltf_positions(points: Points) -> Points:
    positions: Points = points.take(GLTF_AXES, axis=1) / (1000 * GLTF_SIGNS)
    return positions


class _Scene:
    """A glTF document that grows organ by organ, and how long the binary buffer is that it points into."""

    def __init__(self) -> None:
        self.length = 0
        self.views: list[dict[str, Any]] = []
        self.accessors: list[dict[str, Any]] = []
        self.organs: list[Organ] = []

    def add(self, organ: Organ, surface: vtkPolyData) -> None:
        """Three accessors per organ, in this order: positions, normals, indices."""
        self.organs.append(organ)
        points, corners = surface.GetNumberOfPoints(), 3 * surface.GetNumberOfPolys()
        self._append(points, FLOAT, "VEC3", VERTICES)
        ends = _gltf_positions(np.reshape(surface.GetBounds(), (3, 2)).T.astype("<f4"))
        self.accessors[-1] |= {"min": ends.min(0).tolist(), "max": ends.max(0).tolist()}
        self._append(points, FLOAT, "VEC3", VERTICES)
        self._append(corners, UNSIGNED_INT, "SCALAR", INDICES)

    def _append(self, count: int, component: int, kind: str, target: int) -> None:
        length = 4 * count * (3 if kind == "VEC3" else 1)
        self.accessors.append(
            {"bufferView": len(self.views), "componentType": component, "count": count, "type": kind}
        )
        self.views.append({"buffer": 0, "byteOffset": self.length, "byteLength": length, "target": target})
        self.length += length

    def head(self) -> bytes:
        """All that comes before the binary buffer."""
        text = json.dumps(self._document()).encode()
        text += b" " * (-len(text) % 4)
        chunks = struct.pack("<II", len(text), JSON_CHUNK) + text
        if self.length:
            chunks += struct.pack("<II", self.length, BINARY_CHUNK)
        return b"glTF" + struct.pack("<II", 2, 12 + len(chunks) + self.length) + chunks

    def _document(self) -> dict[str, Any]:
        document: dict[str, Any] = {"asset": {"version": "2.0", "generator": "OrganSeg"}, "scene": 0}
        numbers = range(len(self.organs))
        document["scenes"] = [{"nodes": list(numbers)} if self.organs else {}]
        if self.organs:
            document |= {
                "nodes": [{"name": organ.name, "mesh": n} for n, organ in enumerate(self.organs)],
                "meshes": [_mesh_of(n, organ) for n, organ in enumerate(self.organs)],
                "materials": [_material(organ) for organ in self.organs],
                "accessors": self.accessors,
                "bufferViews": self.views,
                "buffers": [{"byteLength": self.length}],
            }
        return document


def _mesh_of(number: int, organ: Organ) -> dict[str, Any]:
    first = 3 * number
    attributes = {"POSITION": first, "NORMAL": first + 1}
    primitive = {"attributes": attributes, "indices": first + 2, "material": number}
    return {"name": organ.name, "primitives": [primitive]}


def _material(organ: Organ) -> dict[str, Any]:
    linear = [(channel / 255) ** 2.2 for channel in organ.colour]  # glTF colours are linear, ours are sRGB
    surface = {"baseColorFactor": [*linear, 1.0], "metallicFactor": 0.0, "roughnessFactor": 0.6}
    return {"name": organ.name, "pbrMetallicRoughness": surface}
