"""``python -m Testing.slicer.scene_content FILE``: what Slicer's own libraries find in a scene file, as JSON.

In a process without an application, without OrganSeg and its panel: only MRML and the logics that register
its nodes.
"""

from __future__ import annotations

import hashlib
import json
import sys
import tempfile
from pathlib import Path
from types import ModuleType
from typing import Any

import vtk
from vtkmodules.util.numpy_support import vtk_to_numpy

PLACES = 3  # decimals of millimetres and colours


def described(scene: Any) -> dict[str, Any]:
    """Volumes, segmentations, markups and tables by name, as plain values."""
    return {
        "volumes": {node.GetName(): _volume(node) for node in _nodes(scene, "vtkMRMLScalarVolumeNode")},
        "segmentations": {
            node.GetName(): _segmentation(node) for node in _nodes(scene, "vtkMRMLSegmentationNode")
        },
        "markups": {node.GetName(): _markups(node) for node in _nodes(scene, "vtkMRMLMarkupsNode")},
        "tables": {node.GetName(): _table(node) for node in _nodes(scene, "vtkMRMLTableNode")},
    }


def read_scene(path: Path, cache: Path) -> Any:
    """The scene in an ``.mrb`` file.

    Raises:
        OSError: MRML refuses it.
    """
    import slicer

    from Testing.slicer_environment.application.logics import give_a_cache, register_logics

    slicer.modules = ModuleType("slicer.modules")
    scene = slicer.vtkMRMLScene()
    register_logics(slicer, scene)
    give_a_cache(scene, str(cache))
    if not scene.ReadFromMRB(str(path), True):
        raise OSError(f"{path} is no scene")
    return scene


def _nodes(scene: Any, class_name: str) -> list[Any]:
    nodes = scene.GetNodesByClass(class_name)
    nodes.UnRegister(None)
    return list(nodes)


def _volume(node: Any) -> dict[str, Any]:
    matrix = vtk.vtkMatrix4x4()
    node.GetIJKToRASMatrix(matrix)
    return {"voxels": _digest(node.GetImageData()), "ijk_to_ras": _numbers(matrix)}


def _segmentation(node: Any) -> dict[str, Any]:
    segmentation = node.GetSegmentation()
    segments = {name: segmentation.GetSegment(name) for name in segmentation.GetSegmentIDs()}
    roles: list[str] = []
    node.GetNodeReferenceRoles(roles)
    return {
        "segments": {name: _segment(segment) for name, segment in segments.items()},
        "references": {
            role: [node.GetNthNodeReference(role, n).GetName() for n in range(count)]
            for role in sorted(roles)
            if role.startswith("OrganSeg") and (count := node.GetNumberOfNodeReferences(role))
        },
    }


def _segment(segment: Any) -> dict[str, Any]:
    image, tag, matrix = segment.GetRepresentation("Binary labelmap"), vtk.reference(""), vtk.vtkMatrix4x4()
    segment.GetTag("TerminologyEntry", tag)
    image.GetImageToWorldMatrix(matrix)
    voxels = vtk_to_numpy(image.GetPointData().GetScalars()) == segment.GetLabelValue()
    return {
        "name": segment.GetName(),
        "colour": [round(part, PLACES) for part in segment.GetColor()],
        "terminology": str(tag),
        "voxels": int(voxels.sum()),
        "image_to_ras": _numbers(matrix),
    }


def _markups(node: Any) -> dict[str, Any]:
    places = [node.GetNthControlPointPositionWorld(n) for n in range(node.GetNumberOfControlPoints())]
    shown = node.GetDisplayNode()
    return {
        "class": node.GetClassName(),
        "points": [[round(part, PLACES) for part in place] for place in places],
        "colour": [round(part, PLACES) for part in shown.GetSelectedColor()] if shown else None,
    }


def _table(node: Any) -> list[list[str]]:
    table = node.GetTable()
    rows, columns = range(table.GetNumberOfRows()), range(table.GetNumberOfColumns())
    return [[table.GetColumnName(n) for n in columns]] + [
        [table.GetValue(row, n).ToString() for n in columns] for row in rows
    ]


def _digest(image: Any) -> str:
    return hashlib.sha256(vtk_to_numpy(image.GetPointData().GetScalars()).tobytes()).hexdigest()


def _numbers(matrix: Any) -> list[float]:
    return [round(matrix.GetElement(row, column), PLACES) + 0.0 for row in range(4) for column in range(4)]


def main() -> int:
    with tempfile.TemporaryDirectory() as cache:
        print(json.dumps(described(read_scene(Path(sys.argv[1]), Path(cache)))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
