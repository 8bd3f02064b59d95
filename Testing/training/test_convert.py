"""Between file formats without losing a voxel, and between whole scans and groups of slices."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk
from organseg_training.convert import scans_in, to_dicom, to_image
from organseg_training.errors import DataError
from organseg_training.grids import geometry_difference
from organseg_training.group import Groups, cut, join
from organseg_training.readers.label_image import read_label_image
from OrganSegLib.ingest import read_study
from OrganSegLib.phantom import make_phantom
from OrganSegLib.volume import Grid, Scan
from pydicom.uid import UID, CTImageStorage

from Testing.training.generated import drawn, person, write_volume


def turned() -> Grid:
    """An oblique grid whose axes are in another order, right-handed."""
    angle = np.radians(20)
    tilt = np.array([[1, 0, 0], [0, np.cos(angle), -np.sin(angle)], [0, np.sin(angle), np.cos(angle)]])
    axes = tilt @ np.array([[0, 0, 1], [-1, 0, 0], [0, -1, 0]], float)
    return Grid((30, 28, 26), (12.0, 11.0, 13.0), (-160.5, 150.25, 100.125), tuple(axes.ravel()))


def on_disk(folder, scan: Scan):
    path = folder / "some one.nii.gz"
    sitk.WriteImage(scan.grid.image(scan.voxels), str(path))
    return path


@pytest.mark.parametrize("grid", [None, turned()])
def test_nifti_to_dicom_and_back_is_the_same_scan(tmp_path, grid):
    scan, _ = make_phantom(5, (10.0, 10.0, 10.0), region="abdomen", grid=grid)
    original = on_disk(tmp_path, scan)
    series = read_study(to_dicom(original, tmp_path / "dicom"))
    assert series.source.format == "DICOM"
    assert np.array_equal(series.voxels, scan.voxels)
    assert np.allclose(series.grid.affine, scan.grid.affine, atol=1e-4)
    assert not {note.code for note in series.notes} - {"input.not_axial"}
    again = read_study(to_image(tmp_path / "dicom", tmp_path / "again.nii.gz"))
    assert np.array_equal(again.voxels, scan.voxels)
    assert np.allclose(again.grid.affine, scan.grid.affine, atol=1e-4)


def test_a_left_handed_grid_stays_where_it_is(tmp_path):
    scan = person()[0]
    mirrored = sitk.Flip(scan.grid.image(scan.voxels), (False, False, True))
    sitk.WriteImage(mirrored, str(tmp_path / "ct.mha"))
    series = read_study(to_dicom(tmp_path / "ct.mha", tmp_path / "dicom"))
    assert geometry_difference(series.grid, scan.grid) == ""
    assert np.array_equal(series.voxels, scan.voxels)


def test_the_series_is_a_valid_ct_of_its_own(tmp_path):
    original = on_disk(tmp_path, person()[0])
    slices = [pydicom.dcmread(file) for file in sorted(to_dicom(original, tmp_path / "dicom").iterdir())]
    other = pydicom.dcmread(next(to_dicom(original, tmp_path / "other").iterdir()))
    assert {str(s.PatientName) for s in slices} == {"some one"}
    assert {s.SOPClassUID for s in slices} == {CTImageStorage}
    assert len({s.SOPInstanceUID for s in slices}) == len(slices) == person()[0].grid.size[2]
    assert {s.SOPInstanceUID for s in slices} == {s.file_meta.MediaStorageSOPInstanceUID for s in slices}
    for keyword in ("StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID"):
        (uid,) = {getattr(s, keyword) for s in slices}
        assert UID(uid).is_valid
        assert uid != getattr(other, keyword)
    first = slices[0]
    assert np.allclose(first.pixel_array * first.RescaleSlope + first.RescaleIntercept, person()[0].voxels[0])
    assert first.RescaleType == "HU"
    assert "KVP" in first, "the standard asks for it, and nobody knows it"
    assert first.KVP is None


def test_labels_of_many_organs_go_through_dicom(tmp_path):
    masks = drawn({"liver": 1, "spleen": 2, "aorta": 300}, dtype=np.uint16)
    write_volume(tmp_path / "labels.nii.gz", masks)
    folder = to_dicom(tmp_path / "labels.nii.gz", tmp_path / "dicom", labels=True)
    assert {pydicom.dcmread(file).Modality for file in folder.iterdir()} == {"OT"}
    to_image(folder, tmp_path / "again.nrrd", labels=True)
    for path in (folder, tmp_path / "again.nrrd"):
        values, grid = read_label_image(path)
        assert np.array_equal(values, masks)
        assert geometry_difference(person()[0].grid, grid) == ""


def test_a_scan_is_no_label_map(tmp_path):
    with pytest.raises(DataError) as caught:
        to_dicom(on_disk(tmp_path, person()[0]), tmp_path / "dicom", labels=True)
    assert caught.value.code == "data.label_values"


def test_a_folder_of_scans_is_told_from_a_series(tmp_path):
    original = on_disk(tmp_path, person()[0])
    series = to_dicom(original, tmp_path / "b")
    (tmp_path / "notes.txt").write_text("no scan")
    assert scans_in(series) == [series]
    assert scans_in(original) == [original]
    assert scans_in(tmp_path) == [series, original]
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError) as caught:
        scans_in(tmp_path / "empty")
    assert caught.value.code == "data.layout"


@pytest.mark.parametrize(("slices", "sizes"), [(9, [9, 9, 9]), (10, [10, 10, 10]), (65, [27])])
def test_groups_join_without_loss(tmp_path, slices, sizes):
    grid = replace(turned(), size=(30, 28, 27))
    scan = Scan(make_phantom(5, grid=grid)[0].voxels, grid)
    groups = cut(on_disk(tmp_path, scan), tmp_path / "groups", slices)
    assert [group.slices for group in groups.groups] == sizes
    for group in groups.groups:
        part = read_study(tmp_path / "groups" / group.file)
        assert np.array_equal(part.voxels, scan.voxels[group.first : group.first + group.slices])
        assert np.allclose(part.grid.affine @ (0, 0, -group.first, 1), grid.affine[:, 3], atol=1e-3)
    loaded = Groups.load(tmp_path / "groups" / "groups.json")
    assert loaded == groups
    joined = read_study(join(tmp_path / "groups", loaded, tmp_path / "joined.nii.gz"))
    assert np.array_equal(joined.voxels, scan.voxels)
    assert np.allclose(joined.grid.affine, grid.affine, atol=1e-3)


def test_predictions_of_labels_join_too(tmp_path):
    write_volume(tmp_path / "p.nii.gz", drawn({"liver": 5}))
    groups = cut(tmp_path / "p.nii.gz", tmp_path / "groups", 10, labels=True)
    values, grid = read_label_image(join(tmp_path / "groups", groups, tmp_path / "joined.nii.gz"))
    assert np.array_equal(values, drawn({"liver": 5}))
    assert geometry_difference(person()[0].grid, grid) == ""


def test_missing_and_foreign_groups_are_refused(tmp_path):
    folder = tmp_path / "groups"
    groups = cut(on_disk(tmp_path, person()[0]), folder, 10)
    first, second = (folder / group.file for group in groups.groups[:2])
    kept = first.read_bytes()

    def code() -> str:
        with pytest.raises(DataError) as caught:
            join(folder, groups, tmp_path / "joined.nii.gz")
        assert not (tmp_path / "joined.nii.gz").exists()
        return caught.value.code

    first.unlink()
    assert code() == "data.missing_groups"
    first.write_bytes(second.read_bytes())
    assert code() == "data.geometry"
    first.write_bytes(kept)
    (folder / "other_001.nii.gz").write_bytes(kept)
    assert code() == "data.foreign_groups"
    for slices in (7, 101):
        with pytest.raises(DataError, match="8 to 100"):
            cut(tmp_path / "some one.nii.gz", folder, slices)
    with pytest.raises(DataError, match="Cut the scan again"):
        Groups.load(tmp_path / "nothing.json")
