"""Each export opened by readers that this project did not write; 3D Slicer's are in Testing/slicer."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import highdicom
import meshio
import nibabel as nib
import numpy as np
import pytest
import SimpleITK as sitk
import trimesh
import vtk
from numpy.typing import NDArray
from OrganSegLib.organs import catalogue
from OrganSegLib.surfaces import mesh
from OrganSegLib.volume import Grid
from scipy import ndimage as ndi

from Testing.unit.exports import LABELS, Bodies, Exported, assert_same_bodies, exported, grid_from, placed

GLTF_TO_LPS_MM = np.array([[1, 0, 0], [0, 0, -1], [0, 1, 0]]) * 1000.0
TITLES = {catalogue()[name].title: label for name, label in LABELS.items()}
# OpenCV, on which rt-utils is built, brings a Qt that others in the same process would take for theirs.
READ_STRUCTURES = """
import sys, numpy
from rt_utils import RTStructBuilder
structures = RTStructBuilder.create_from(*sys.argv[1:3])
masks = {name: structures.get_roi_mask_by_name(name) for name in structures.get_roi_names()}
numpy.savez(sys.argv[3], **masks)
"""


@pytest.fixture(scope="module", params=["straight", "oblique", "left-handed"])
def results(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Exported:
    return exported(tmp_path_factory.mktemp("exports"), request.param)


def _with_trimesh(folder: Path, kind: str) -> Bodies:
    if kind == "glb":
        parts = trimesh.load_scene(folder / "organs.glb").geometry
        return {name: (part.vertices @ GLTF_TO_LPS_MM.T, part.faces) for name, part in parts.items()}
    if kind == "obj":
        parts = trimesh.load_scene(folder / "organs.obj", split_objects=True, group_material=False).geometry
        return {name: (part.vertices, part.faces) for name, part in parts.items()}
    parts = {path.stem: trimesh.load_mesh(path) for path in _files(folder, kind)}
    return {name: (part.vertices, part.faces) for name, part in parts.items()}


def _with_meshio(folder: Path, kind: str) -> Bodies:
    parts = {path.stem: meshio.read(path) for path in _files(folder, kind)}
    return {
        name: (part.points, np.concatenate([block.data for block in part.cells]))
        for name, part in parts.items()
    }


def _with_vtk(folder: Path, kind: str) -> Bodies:
    readers: dict[str, Any] = {"stl": vtk.vtkSTLReader, "obj": vtk.vtkOBJReader, "ply": vtk.vtkPLYReader}
    bodies = {}
    for path in _files(folder, kind):
        reader = readers[kind]()
        reader.SetFileName(str(path))
        reader.Update()
        bodies[path.stem] = mesh(reader.GetOutput())
    return bodies


def _files(folder: Path, kind: str) -> list[Path]:
    if kind == "obj":
        return [folder / "organs.obj"]
    return sorted((folder / {"stl": "surfaces", "ply": "ply"}[kind]).iterdir())


@pytest.mark.parametrize(
    ("kind", "read"),
    [
        *(pytest.param(kind, _with_trimesh, id=f"{kind}-trimesh") for kind in ("stl", "glb", "obj", "ply")),
        *(pytest.param(kind, _with_meshio, id=f"{kind}-meshio") for kind in ("stl", "obj", "ply")),
        *(pytest.param(kind, _with_vtk, id=f"{kind}-vtk") for kind in ("stl", "obj", "ply")),
    ],
)
def test_surfaces(results: Exported, kind: str, read: Any) -> None:
    bodies = read(results.folder, kind)
    assert_same_bodies(bodies, results.together if "organs" in bodies else results.bodies)


def _with_simpleitk(path: Path) -> tuple[NDArray[Any], Grid]:
    if path.is_dir():
        image = sitk.ReadImage(sitk.ImageSeriesReader.GetGDCMSeriesFileNames(str(path)))
    else:
        image = sitk.ReadImage(path)
    return sitk.GetArrayFromImage(image), Grid.of(image)


def _with_nibabel(path: Path) -> tuple[NDArray[Any], Grid]:
    image = nib.nifti1.load(path)
    return np.asarray(image.dataobj).T, grid_from(np.diag([-1.0, -1.0, 1.0, 1.0]) @ image.affine, image.shape)


@pytest.mark.parametrize(
    ("name", "read"),
    [
        pytest.param("segmentation.nii.gz", _with_simpleitk, id="nifti-simpleitk"),
        pytest.param("segmentation.nii.gz", _with_nibabel, id="nifti-nibabel"),
        pytest.param("segmentation.seg.nrrd", _with_simpleitk, id="seg.nrrd-simpleitk"),
        pytest.param("ct.nii.gz", _with_simpleitk, id="ct-simpleitk"),
        pytest.param("ct.nii.gz", _with_nibabel, id="ct-nibabel"),
    ],
)
def test_volumes(results: Exported, name: str, read: Any) -> None:
    voxels, grid = read(results.folder / name)
    truth = results.found.scan if name.startswith("ct") else results.found.labelmap
    assert np.array_equal(placed(voxels, grid, truth.grid), truth.voxels)


def _with_highdicom(results: Exported, _private: Path) -> dict[str, NDArray[np.bool_]]:
    image = highdicom.seg.segread(results.folder / "segmentation.dcm")
    volume = image.get_volume(combine_segments=False)
    masks = np.moveaxis(volume.array, -1, 0) != 0
    grid = grid_from(volume.affine, masks.shape[1:])  # of the transposed volume: its axes are k, j, i
    names = [segment.SegmentLabel for segment in image.SegmentSequence]
    onto = results.found.scan.grid
    return {name: placed(mask.T, grid, onto) for name, mask in zip(names, masks, strict=True)}


def _with_dcmqi(results: Exported, private: Path) -> dict[str, NDArray[np.bool_]]:
    program = Path(pytest.importorskip("dcmqi").__file__).parent / "bin" / "segimage2itkimage"
    command = [program, "--inputDICOM", results.folder / "segmentation.dcm"]
    command += ["--outputDirectory", private, "--outputType", "nrrd"]
    subprocess.run(command, check=True, capture_output=True)
    masks = {}
    for (segment,) in json.loads((private / "meta.json").read_text())["segmentAttributes"]:
        voxels, grid = _with_simpleitk(private / f"{segment['labelID']}.nrrd")
        masks[segment["SegmentLabel"]] = placed(voxels != 0, grid, results.found.scan.grid)
    return masks


@pytest.mark.parametrize(
    "read", [pytest.param(_with_highdicom, id="highdicom"), pytest.param(_with_dcmqi, id="dcmqi")]
)
def test_dicom_segmentations(results: Exported, read: Any, tmp_path: Path) -> None:
    masks = read(results, tmp_path)
    assert masks.keys() == TITLES.keys()
    for name, mask in masks.items():
        assert np.array_equal(mask, results.found.labelmap.voxels == TITLES[name])


def test_structure_sets_with_rt_utils(results: Exported, tmp_path: Path) -> None:
    """It draws outlines with whole pixels, so that their borders may belong to either side."""
    pytest.importorskip("rt_utils")
    command = [sys.executable, "-c", READ_STRUCTURES, results.study, results.folder / "rtstruct.dcm"]
    subprocess.run([*command, tmp_path / "masks.npz"], check=True, capture_output=True)
    masks = np.load(tmp_path / "masks.npz")
    assert set(masks.files) == TITLES.keys()
    in_slice = np.zeros((3, 3, 3), bool)
    in_slice[1] = True
    for name in masks.files:
        mask, truth = np.moveaxis(masks[name], -1, 0), results.found.labelmap.voxels == TITLES[name]
        assert not (mask & ~ndi.binary_dilation(truth, in_slice)).any()
        assert not (ndi.binary_erosion(truth, in_slice) & ~mask).any()
