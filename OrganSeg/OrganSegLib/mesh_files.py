"""Surfaces as files: one binary STL per organ for printing, one coloured glTF binary (GLB) for viewing."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .organs import Organ
from .surfaces import mesh
from .triangles import Faces, Points, face_normals, vertex_normals

if TYPE_CHECKING:
    from vtkmodules.vtkCommonDataModel import vtkPolyData

# 80 bytes of free text; 3D Slicer looks for the coordinate system there.
STL_HEADER = b"OrganSeg surface; SPACE=LPS; millimetres"
STL_TRIANGLE = np.dtype([("normal", "<f4", 3), ("vertices", "<f4", (3, 3)), ("attribute", "<u2")])

# glTF 2.0 (ISO/IEC 12113:2022): metres, +Y up, a model's front faces +Z. A patient faces anterior (-P).
LPS_MM_TO_GLTF = np.array([[1, 0, 0], [0, 0, 1], [0, -1, 0]]) / 1000.0
FLOAT, UNSIGNED_INT = 5126, 5125
VERTICES, INDICES = 34962, 34963
JSON_CHUNK, BINARY_CHUNK = 0x4E4F534A, 0x004E4942


def write_stl(path: Path, surface: vtkPolyData) -> None:
    """Write a surface as binary STL in LPS millimetres."""
    points, triangles = mesh(surface)
    records = np.zeros(len(triangles), STL_TRIANGLE)
    records["vertices"] = points[triangles]
    normals = face_normals(points, triangles)
    records["normal"] = normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    with path.open("wb") as file:
        file.write(STL_HEADER.ljust(80) + struct.pack("<I", len(triangles)))
        file.write(records.tobytes())


def write_glb(path: Path, surfaces: Mapping[int, vtkPolyData], organs: Mapping[int, Organ]) -> None:
    """Write all surfaces into one GLB file, each organ a node with its name and its colour."""
    scene = _Scene()
    for label, surface in surfaces.items():
        scene.add(organs[label], *mesh(surface))
    path.write_bytes(scene.to_bytes())


class _Scene:
    """A glTF document that grows organ by organ, and the binary buffer that it points into."""

    def __init__(self) -> None:
        self.buffer = bytearray()
        self.views: list[dict[str, Any]] = []
        self.accessors: list[dict[str, Any]] = []
        self.organs: list[Organ] = []

    def add(self, organ: Organ, points: Points, triangles: Faces) -> None:
        """Three accessors per organ, in this order: positions, normals, indices."""
        positions = (points @ LPS_MM_TO_GLTF.T).astype("<f4")
        normals = (vertex_normals(points, triangles) @ (LPS_MM_TO_GLTF.T * 1000)).astype("<f4")
        self.organs.append(organ)
        self._append(positions, "VEC3", VERTICES)
        self.accessors[-1] |= {"min": positions.min(0).tolist(), "max": positions.max(0).tolist()}
        self._append(normals, "VEC3", VERTICES)
        self._append(triangles.astype("<u4").ravel(), "SCALAR", INDICES)

    def _append(self, values: NDArray[Any], kind: str, target: int) -> None:
        content = values.tobytes()
        component = FLOAT if values.dtype.kind == "f" else UNSIGNED_INT
        self.accessors.append(
            {"bufferView": len(self.views), "componentType": component, "count": len(values), "type": kind}
        )
        self.views.append(
            {"buffer": 0, "byteOffset": len(self.buffer), "byteLength": len(content), "target": target}
        )
        self.buffer += content

    def to_bytes(self) -> bytes:
        text = json.dumps(self._document()).encode()
        text += b" " * (-len(text) % 4)
        chunks = struct.pack("<II", len(text), JSON_CHUNK) + text
        if self.buffer:
            chunks += struct.pack("<II", len(self.buffer), BINARY_CHUNK) + self.buffer
        return b"glTF" + struct.pack("<II", 2, 12 + len(chunks)) + chunks

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
                "buffers": [{"byteLength": len(self.buffer)}],
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
