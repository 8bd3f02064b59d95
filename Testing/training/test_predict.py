"""What a prediction leaves in its folder."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk
from organseg_training.animation import overlay
from organseg_training.errors import DataError, TrainingError
from organseg_training.group import cut
from organseg_training.predict import folders_of, open_model, predict
from OrganSegLib.errors import OutputError
from OrganSegLib.ingest import read_study
from OrganSegLib.model import load_model
from OrganSegLib.organs import organ_named
from OrganSegLib.phantom import make_phantom, write_dicom_series
from OrganSegLib.pipeline import Options, segment
from PIL import Image
from pydicom.uid import generate_uid

TORCH = Options(runtime="torch", surfaces=False)


@pytest.fixture(scope="module")
def slices(tmp_path_factory) -> Path:
    """A folder of DICOM slices."""
    folder = tmp_path_factory.mktemp("study") / "slices"
    scan, _ = make_phantom(3, (8.0, 8.0, 12.0), "abdomen")
    write_dicom_series(scan, folder)
    return folder


def test_slices_get_masks_areas_and_an_animation(flat_run: Path, slices: Path, tmp_path):
    found = predict(flat_run, slices, tmp_path / "out", masks="png", options=TORCH)
    scan = read_study(slices)
    names = [Path(file).stem for file in scan.source.files]
    assert sorted(p.stem for p in (tmp_path / "out" / "slices").iterdir()) == sorted(names)
    with (tmp_path / "out" / "areas.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    pixel_mm2 = scan.grid.spacing_mm[0] * scan.grid.spacing_mm[1]
    for n, row in enumerate(rows):
        mask = np.asarray(Image.open(tmp_path / "out" / "slices" / f"{row['slice']}.png"))
        np.testing.assert_array_equal(mask, found.voxels[n])
        assert float(row["liver_mm2"]) == pytest.approx((mask == 1).sum() * pixel_mm2, abs=0.01)
    image = sitk.ReadImage(str(tmp_path / "out" / "segmentation.nii.gz"))
    np.testing.assert_array_equal(sitk.GetArrayFromImage(image), found.voxels)
    with Image.open(tmp_path / "out" / "animation.gif") as animation:
        assert animation.n_frames == len(names)
        x, y = (n * mm for n, mm in zip(scan.grid.size[:2], scan.grid.spacing_mm[:2], strict=True))
        assert animation.size[0] / animation.size[1] == pytest.approx(x / y, rel=0.02)


def test_groups_are_joined_again_without_loss(flat_run: Path, slices: Path, tmp_path):
    cut(slices, tmp_path / "groups", slices=10)
    model = load_model(flat_run / "model")
    joined = predict(model, tmp_path / "groups", tmp_path / "out", options=TORCH)
    scan = read_study(slices)
    assert joined.grid.size == scan.grid.size
    np.testing.assert_allclose(joined.grid.affine, scan.grid.affine, atol=1e-4)
    first = segment(read_study(tmp_path / "groups" / "slices_001.nii.gz"), model, TORCH).labelmap.voxels
    np.testing.assert_array_equal(joined.voxels[:10], first)
    written = sitk.GetArrayFromImage(sitk.ReadImage(str(tmp_path / "out" / "segmentation.nii.gz")))
    np.testing.assert_array_equal(written, joined.voxels)


def test_results_are_not_replaced_unasked(flat_run: Path, slices: Path, tmp_path):
    predict(flat_run, slices, tmp_path, options=TORCH)
    before = (tmp_path / "segmentation.nii.gz").stat().st_mtime_ns
    with pytest.raises(OutputError) as refusal:
        predict(flat_run, slices, tmp_path, options=TORCH)
    assert refusal.value.code == "output.exists"
    assert (tmp_path / "segmentation.nii.gz").stat().st_mtime_ns == before
    predict(flat_run, slices, tmp_path, masks="npy", animation=False, overwrite=True, options=TORCH)
    assert not (tmp_path / "animation.gif").exists()
    assert len(list((tmp_path / "slices").glob("*.npy"))) == len(list(slices.iterdir()))


def test_files_of_others_are_never_replaced(flat_run: Path, slices: Path, tmp_path):
    (tmp_path / "segmentation.nii.gz").write_bytes(b"precious")
    with pytest.raises(OutputError) as refusal:
        predict(flat_run, slices, tmp_path, overwrite=True, options=TORCH)
    assert refusal.value.code == "output.foreign"
    assert (tmp_path / "segmentation.nii.gz").read_bytes() == b"precious"


def test_the_folder_of_a_training_is_told_from_any_other(people_run: Path, tmp_path):
    assert open_model(people_run) == open_model(people_run / "model") == load_model(people_run / "model")
    with pytest.raises(TrainingError) as refusal:
        open_model(tmp_path)
    assert refusal.value.code == "training.no_model"


def test_each_of_several_studies_gets_a_folder_of_its_own(tmp_path):
    studies = [Path("a/one.nii.gz"), Path("b/two")]
    assert list(folders_of(studies, tmp_path, 3)) == [tmp_path / "one", tmp_path / "two"]
    assert folders_of(studies[:1], tmp_path, 3) == {tmp_path: studies[0]}
    with pytest.raises(DataError) as refusal:
        folders_of([Path("a/one.nii.gz"), Path("b/one")], tmp_path, 3)
    assert refusal.value.code == "data.double_name"


def test_single_slices_of_several_people_are_found_one_by_one(flat_run: Path, slices: Path, tmp_path):
    names = ["a_1", "a_2", "a_5", "b_1"]  # three slices of one series, unevenly apart, and one of another
    (tmp_path / "mixed").mkdir()
    for name, file in zip(
        names, sorted(slices.iterdir())[4:10:2] + sorted(slices.iterdir())[9:10], strict=True
    ):
        header = pydicom.dcmread(file)
        if name == "a_5":
            header.ImagePositionPatient[2] += 30
        if name == "b_1":
            header.PatientID, header.SeriesInstanceUID = "other", generate_uid()
        header.save_as(tmp_path / "mixed" / f"{name}.dcm")
    model = load_model(flat_run / "model")
    studies = folders_of([tmp_path / "mixed"], tmp_path / "out", 2)
    assert [folder.name for folder in studies] == ["a_1", "b_1"]
    for folder, study in studies.items():
        predict(model, study, folder, masks="png", options=TORCH)
    assert sorted(p.stem for p in (tmp_path / "out").glob("*/slices/*.png")) == names
    with (tmp_path / "out" / "a_1" / "areas.csv").open(newline="") as file:
        positions = [float(row["position_mm"]) for row in csv.DictReader(file)]
    assert np.diff(positions) == pytest.approx([24, 54], abs=0.01)


def test_overlay_tints_the_organs_alone():
    organ = organ_named("liver")
    picture = overlay(np.full((2, 2), 40), np.array([[0, 1], [0, 0]]), {1: organ})
    assert picture[0, 0].tolist() == [127, 127, 127]
    assert picture[0, 1].tolist() != [127, 127, 127]
