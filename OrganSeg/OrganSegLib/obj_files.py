"""All surfaces in one Wavefront OBJ with a material file: what programs for colour 3D printing open."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from .formats import Choices
from .organs import Organ
from .surfaces import mesh

if TYPE_CHECKING:
    from vtkmodules.vtkCommonDataModel import vtkPolyData

    from .pipeline import Segmentation

OBJECTS, MATERIALS = "organs.obj", "organs.mtl"
# 3D Slicer looks for the coordinate system in a comment.
HEADER = f"# OrganSeg surfaces; SPACE=LPS; millimetres\nmtllib {MATERIALS}\n"


def write(found: Segmentation, folder: Path, choices: Choices) -> list[str]:  # noqa: ARG001 (no identity)
    """Write ``organs.obj`` and ``organs.mtl``.

    Raises:
        OSError: the disk refuses.
    """
    write_obj(folder / OBJECTS, found.surfaces, found.labelmap.organs)
    return [OBJECTS, MATERIALS]


def write_obj(path: Path, surfaces: Mapping[int, vtkPolyData], organs: Mapping[int, Organ]) -> None:
    """Write each surface as an object of its own in its organ's colour, and ``organs.mtl`` beside them.

    LPS millimetres; the format itself knows no units, and programs for printing take millimetres.
    """
    first = 1  # vertices are numbered through the whole file
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(HEADER)
        for label, surface in surfaces.items():
            points, triangles = mesh(surface)
            name = organs[label].name
            file.write(f"o {name}\nusemtl {name}\n")
            file.write("v %.4f %.4f %.4f\n" * len(points) % tuple(points.ravel().tolist()))
            file.write("f %d %d %d\n" * len(triangles) % tuple((triangles + first).ravel().tolist()))
            first += len(points)
    materials = "".join(_material(organs[label]) for label in surfaces)
    path.with_name(MATERIALS).write_text(materials, encoding="utf-8", newline="\n")


def _material(organ: Organ) -> str:
    red, green, blue = (channel / 255 for channel in organ.colour)
    return f"newmtl {organ.name}\nKd {red:.4f} {green:.4f} {blue:.4f}\nillum 1\n"
