"""One coloured binary PLY per organ, for programs that print or measure single objects."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from .formats import Choices
from .organs import Organ
from .surfaces import mesh

if TYPE_CHECKING:
    from vtkmodules.vtkCommonDataModel import vtkPolyData

    from .pipeline import Segmentation

FOLDER = "ply"
VERTEX = np.dtype([("place", "<f4", 3), ("colour", "u1", 3)])
FACE = np.dtype([("corners", "u1"), ("vertices", "<i4", 3)])
# 3D Slicer looks for the coordinate system in a comment.
HEADER = """ply
format binary_little_endian 1.0
comment OrganSeg surface; SPACE=LPS; millimetres
element vertex {vertices}
property float x
property float y
property float z
property uchar red
property uchar green
property uchar blue
element face {faces}
property list uchar int vertex_indices
end_header
"""


def write(found: Segmentation, folder: Path, choices: Choices) -> list[str]:  # noqa: ARG001 (no identity)
    """Write ``ply/ORGAN.ply`` for each organ.

    Raises:
        OSError: the disk refuses.
    """
    (folder / FOLDER).mkdir()
    for label, surface in found.surfaces.items():
        organ = found.labelmap.organs[label]
        write_ply(folder / FOLDER / f"{organ.name}.ply", surface, organ)
    return [FOLDER]


def write_ply(path: Path, surface: vtkPolyData, organ: Organ) -> None:
    """Write a surface in LPS millimetres, every vertex in the organ's colour."""
    points, triangles = mesh(surface)
    vertices, faces = np.empty(len(points), VERTEX), np.empty(len(triangles), FACE)
    vertices["place"], vertices["colour"] = points, organ.colour
    faces["corners"], faces["vertices"] = 3, triangles
    header = HEADER.format(vertices=len(vertices), faces=len(faces))
    path.write_bytes(header.encode("ascii") + vertices.tobytes() + faces.tobytes())
