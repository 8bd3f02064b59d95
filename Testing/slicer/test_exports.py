"""Each export opened by 3D Slicer's own libraries: the same places, names, colours and codes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import vtk
from numpy.typing import NDArray
from OrganSegLib.dicom_ct import write_dicom_series
from OrganSegLib.organs import catalogue
from OrganSegLib.surfaces import mesh
from OrganSegLib.volume import Grid

from Testing.slicer_environment.dicom import load_dicom_series
from Testing.unit.exports import LABELS, Bodies, Exported, assert_same_bodies, exported, grid_from, placed

RAS_TO_LPS = np.diag([-1.0, -1.0, 1.0])


@pytest.fixture(scope="module", params=["straight", "oblique", "left-handed"])
def results(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Exported:
    return exported(tmp_path_factory.mktemp("exports"), request.param)


def _model(slicer: Any, path: Path) -> tuple[Any, Any]:
    """Corners and faces as the 3D view shows them, but in LPS."""
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLModelNode")
    node.AddDefaultStorageNode(str(path))
    assert node.GetStorageNode().ReadData(node)
    corners, faces = mesh(node.GetPolyData())
    return corners @ RAS_TO_LPS, faces


@pytest.mark.parametrize("kind", ["stl", "ply", "obj"])
def test_surfaces(slicer: Any, results: Exported, kind: str) -> None:
    if kind == "obj":
        assert_same_bodies({"organs": _model(slicer, results.folder / "organs.obj")}, results.together)
        return
    folder = results.folder / {"stl": "surfaces", "ply": "ply"}[kind]
    bodies: Bodies = {path.stem: _model(slicer, path) for path in folder.iterdir()}
    assert_same_bodies(bodies, results.bodies)


def _in_patient(image: Any) -> tuple[NDArray[Any], Grid]:
    from OrganSegSlicer.spaces import FLIP
    from OrganSegSlicer.volumes import array_of, image_to_world

    return array_of(image), grid_from(FLIP @ image_to_world(image), image.GetDimensions())


@pytest.mark.parametrize("name", ["segmentation.nii.gz", "ct.nii.gz", "dicom"])
def test_volumes(slicer: Any, results: Exported, name: str, tmp_path: Path) -> None:
    from OrganSegSlicer.volumes import in_node_space

    load = slicer.modules.volumes.logic().AddArchetypeVolume
    path, labels = results.folder / name, name.startswith("segmentation")
    if name == "dicom":
        node = load_dicom_series(write_dicom_series(results.found.scan, tmp_path / name))
    else:
        node = load(str(path), "volume", labels)
    voxels, grid = _in_patient(in_node_space(node))
    truth = results.found.labelmap if labels else results.found.scan
    assert np.array_equal(placed(voxels, grid, truth.grid), truth.voxels)


def test_segmentations(slicer: Any, results: Exported) -> None:
    from OrganSegSlicer.labels import images, in_world

    logic = slicer.modules.segmentations.logic()
    node = logic.LoadSegmentationFromFile(str(results.folder / "segmentation.seg.nrrd"))
    segmentation, truth = node.GetSegmentation(), results.found.labelmap
    ((image, ids),) = images(node).items()
    assert ids == {value: name for name, value in LABELS.items()}
    assert np.array_equal(placed(*_in_patient(in_world(node, image)), truth.grid), truth.voxels)
    for name in LABELS:
        segment, organ = segmentation.GetSegment(name), catalogue()[name]
        assert segment.GetName() == organ.title
        assert np.multiply(segment.GetColor(), 255) == pytest.approx(organ.colour, abs=0.5)
        tag = vtk.reference("")
        assert segment.GetTag("TerminologyEntry", tag)
        entry = slicer.vtkSlicerTerminologyEntry()
        assert slicer.modules.terminologies.logic().DeserializeTerminologyEntry(str(tag), entry)
        assert entry.GetTypeObject().GetCodeValue() == organ.code.value
        side = organ.modifier.value if organ.modifier else None
        assert entry.GetTypeModifierObject().GetCodeValue() == side
