"""Structure sets: their outlines, filled again, are the labels; dciodvfy finds nothing wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk
from numpy.typing import NDArray
from OrganSegLib.formats import Choices
from OrganSegLib.ingest import read_study
from OrganSegLib.organs import catalogue
from OrganSegLib.phantom import write_image
from OrganSegLib.pipeline import Segmentation
from OrganSegLib.rtstruct import write
from OrganSegLib.volume import Grid, Labelmap
from pydicom.dataset import Dataset

from Testing.unit.dicom_studies import PATIENT, complaints, dicom_study, headers, segmented
from Testing.unit.ingest.tiny_ct import real
from Testing.unit.shapes import DIRECTIONS, two_organs


def _written(found: Segmentation, folder: Path, identity: bool = True) -> Dataset:
    folder.mkdir(exist_ok=True)
    assert write(found, folder, Choices(identity))[0] == "rtstruct.dcm"
    return pydicom.dcmread(folder / "rtstruct.dcm")


def _filled(structures: Dataset, images: Path, grid: Grid) -> NDArray[np.uint8]:
    """Numbers of structures on a grid, where their outlines are around a voxel's centre."""
    slices = {image.SOPInstanceUID: np.array(image.ImagePositionPatient, float) for image in headers(images)}
    inverse = np.linalg.inv(grid.affine)
    j, i = np.mgrid[: grid.size[1], : grid.size[0]]
    centres = np.column_stack([i.ravel(), j.ravel()])
    labels = np.zeros(grid.shape, np.uint8)
    for roi in structures.ROIContourSequence:
        for contour in roi.ContourSequence:
            points = np.reshape(np.array(contour.ContourData, float), (-1, 3))
            assert len(points) == contour.NumberOfContourPoints
            (image,) = contour.ContourImageSequence
            where = (slices[image.ReferencedSOPInstanceUID] - grid.affine[:3, 3]) @ inverse[:3, :3].T
            index = (points - grid.affine[:3, 3]) @ inverse[:3, :3].T
            assert np.abs(index[:, 2] - where[2]).max() < 0.01  # each outline lies on its image
            inside = _inside(index[:, :2], centres).reshape(i.shape)
            labels[round(where[2])][inside] = roi.ReferencedROINumber
    return labels


def _inside(loop: NDArray[Any], points: NDArray[Any]) -> NDArray[np.bool_]:
    """Whether a ray from each point crosses the loop an odd number of times."""
    x, y = points.T
    inside = np.zeros(len(points), bool)
    for (x1, y1), (x2, y2) in zip(loop, np.roll(loop, -1, axis=0), strict=True):
        crossed = (y1 <= y) != (y2 <= y)
        inside[crossed] ^= x[crossed] < x1 + (y[crossed] - y1) * (x2 - x1) / (y2 - y1)
    return inside


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_filled_again_the_outlines_are_the_labels(direction: str, tmp_path: Path) -> None:
    study = dicom_study(tmp_path / "study", direction)
    found = segmented(study)
    structures = _written(found, tmp_path / "out")
    assert np.array_equal(_filled(structures, study, found.scan.grid), found.labelmap.voxels)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["rtstruct.dcm"]


def _segmentation_of(found: Segmentation, voxels: NDArray[Any]) -> Segmentation:
    return Segmentation.of(found.scan, Labelmap(voxels, found.scan.grid, {1: catalogue()["liver"]}), {}, {})


def test_holes_islands_borders_and_single_voxels(tmp_path: Path) -> None:
    study = dicom_study(tmp_path / "study")
    found = segmented(study)
    voxels = np.zeros(found.scan.grid.shape, np.uint8)
    voxels[3:9, 5:30, 5:30] = 1
    voxels[4:8, 8:20, 8:20] = 0  # a hole ...
    voxels[5, 10:15, 10:15] = 1  # ... with an island, which has a hole itself
    voxels[5, 12, 12] = 0
    voxels[4:8, 24:27, 24:27] = 0  # a second hole
    voxels[6, 0, 0] = voxels[6, -1, -1] = voxels[6, 34, 2] = voxels[6, 35, 3] = 1
    voxels[12] = np.random.default_rng(0).integers(0, 2, voxels.shape[1:])
    structures = _written(_segmentation_of(found, voxels), tmp_path)
    assert np.array_equal(_filled(structures, study, found.scan.grid), voxels)


def test_it_says_what_and_whose_it_is(tmp_path: Path) -> None:
    study = dicom_study(tmp_path / "study")
    structures = _written(segmented(study), tmp_path)
    first = headers(study)[0]
    for keyword in PATIENT.keys() - {"SeriesDescription"}:
        assert str(structures[keyword].value) == PATIENT[keyword]
    assert structures.SeriesInstanceUID != first.SeriesInstanceUID
    names = [roi.ROIName for roi in structures.StructureSetROISequence]
    assert names == ["Liver", "Kidney left"]
    assert {roi.ReferencedFrameOfReferenceUID for roi in structures.StructureSetROISequence} == {
        first.FrameOfReferenceUID
    }
    assert list(structures.ROIContourSequence[0].ROIDisplayColor) == list(catalogue()["liver"].colour)
    codes = [one.RTROIIdentificationCodeSequence[0].CodeValue for one in structures.RTROIObservationsSequence]
    assert codes == [catalogue()[name].code.value for name in ("liver", "kidney_left")]


def test_without_organs_there_is_no_file_but_a_note(tmp_path: Path) -> None:
    found = segmented(write_image(two_organs()[0], tmp_path / "ct.nii.gz"))
    empty = _segmentation_of(found, np.zeros_like(found.labelmap.voxels))
    (tmp_path / "out").mkdir()
    assert write(empty, tmp_path / "out", Choices()) == []
    assert not list((tmp_path / "out").iterdir())
    assert [note["code"] for note in empty.run["notes"]] == ["output.no_organ"]


@pytest.mark.parametrize("identity", [True, False])
@pytest.mark.parametrize("direction", ["straight", "oblique"])
def test_dciodvfy_finds_no_error(direction: str, identity: bool, tmp_path: Path) -> None:
    _written(segmented(dicom_study(tmp_path / "study", direction)), tmp_path / "out", identity)
    assert complaints(tmp_path / "out" / "rtstruct.dcm") == []


def test_a_real_study(tmp_path: Path) -> None:
    scan = read_study(real("dicom/ts_reference_2"))
    given = sitk.ReadImage(real("ct/ts_reference_2_labels.nii.gz"))
    on_grid = sitk.Resample(given, scan.grid.image(scan.voxels), sitk.Transform(), sitk.sitkNearestNeighbor)
    voxels = sitk.GetArrayFromImage(on_grid)
    colon = np.where(voxels == 20, 1, 0).astype(np.uint8)
    found = Segmentation.of(scan, Labelmap(colon, scan.grid, {1: catalogue()["colon"]}), {}, {})
    structures = _written(found, tmp_path)
    assert colon.any()
    assert np.array_equal(_filled(structures, tmp_path / "dicom", scan.grid), colon)
    assert complaints(tmp_path / "rtstruct.dcm") == []
