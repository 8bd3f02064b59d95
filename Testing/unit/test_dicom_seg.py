"""DICOM segmentations as highdicom's reader and dciodvfy see them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import highdicom as hd
import numpy as np
import pytest
import SimpleITK as sitk
from numpy.typing import NDArray
from OrganSegLib import __version__
from OrganSegLib.dicom_seg import write
from OrganSegLib.formats import Choices
from OrganSegLib.ingest import read_study
from OrganSegLib.organs import Code, catalogue
from OrganSegLib.phantom import write_image
from OrganSegLib.pipeline import Segmentation
from OrganSegLib.volume import Grid, Labelmap

from Testing.unit.dicom_studies import PATIENT, RUN, complaints, dicom_study, headers, segmented
from Testing.unit.ingest.tiny_ct import real
from Testing.unit.shapes import DIRECTIONS, two_organs

# Places of these in the list of labels of ct/*_labels.nii.gz (TotalSegmentator's numbering, version 2).
REAL = {1: "spleen", 2: "kidney_right", 3: "kidney_left", 5: "liver", 6: "stomach", 52: "aorta", 51: "heart"}


def _written(found: Segmentation, folder: Path, identity: bool = True) -> hd.seg.Segmentation:
    folder.mkdir(exist_ok=True)
    assert write(found, folder, Choices(identity))[0] == "segmentation.dcm"
    return hd.seg.segread(folder / "segmentation.dcm")


def _labels_in_space(seg: hd.seg.Segmentation, grid: Grid) -> NDArray[Any]:
    """Segment numbers on a grid, put where the file says that they are in the patient."""
    volume = seg.get_volume(combine_segments=True)
    where = np.argwhere(volume.array)
    places = where @ volume.affine[:3, :3].T + volume.affine[:3, 3]
    index = (places - grid.affine[:3, 3]) @ np.linalg.inv(grid.affine[:3, :3]).T
    i, j, k = np.rint(index).astype(int).T
    assert np.abs(index - np.rint(index)).max() < 0.01
    labels = np.zeros(grid.shape, volume.array.dtype)
    labels[k, j, i] = volume.array[tuple(where.T)]
    return labels


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_read_back_it_equals_the_labels_in_the_patient(direction: str, tmp_path: Path) -> None:
    found = segmented(dicom_study(tmp_path / "study", direction))
    seg = _written(found, tmp_path / "out")
    assert np.array_equal(_labels_in_space(seg, found.scan.grid), found.labelmap.voxels)


def test_it_refers_to_all_images_of_the_study(tmp_path: Path) -> None:
    found = segmented(dicom_study(tmp_path / "study", "oblique"))
    seg = _written(found, tmp_path / "out")
    images = headers(tmp_path / "study")
    (series,) = seg.ReferencedSeriesSequence
    assert series.SeriesInstanceUID == images[0].SeriesInstanceUID
    uids = [image.SOPInstanceUID for image in images]
    assert [item.ReferencedSOPInstanceUID for item in series.ReferencedInstanceSequence] == uids
    by_image = seg.get_pixels_by_source_instance(
        uids, combine_segments=True, assert_missing_frames_are_empty=True
    )
    assert np.array_equal(by_image, found.labelmap.voxels)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["segmentation.dcm"]
    assert found.run["notes"] == []


def test_patient_and_study_are_kept(tmp_path: Path) -> None:
    seg = _written(segmented(dicom_study(tmp_path / "study")), tmp_path / "out")
    for keyword, value in PATIENT.items():
        if keyword != "SeriesDescription":
            assert str(seg[keyword].value) == value
    assert seg.SeriesInstanceUID != headers(tmp_path / "study")[0].SeriesInstanceUID
    assert seg.Modality == "SEG"
    assert seg.SegmentationType == "BINARY"


def test_a_name_with_a_separator_of_values_is_kept_in_one(tmp_path: Path) -> None:
    """A backslash, which parts values, stands in names and numbers that were typed by hand."""
    study = dicom_study(tmp_path / "study")
    for image in headers(study):
        image.PatientName, image.PatientID = ["Müller^Jürgen", "Meier^Jörg"], ["47", "11"]
        image.save_as(image.filename)
    seg = _written(segmented(study), tmp_path / "out")
    assert str(seg.PatientName) == "Müller^Jürgen Meier^Jörg"
    assert list(seg.PatientID) == ["47", "11"]


def test_what_the_study_lacks_or_has_wrong_is_not_missing_here(tmp_path: Path) -> None:
    study = dicom_study(tmp_path / "study")
    for image in headers(study):
        image.SliceThickness, image.LossyImageCompression = None, "NO"
        image.save_as(image.filename)
    seg = _written(segmented(study), tmp_path / "out")
    (measures,) = seg.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence
    assert measures.SliceThickness == 4
    assert complaints(tmp_path / "out" / "segmentation.dcm") == []


def test_segments_say_what_they_are(tmp_path: Path) -> None:
    found = segmented(dicom_study(tmp_path / "study"))
    seg = _written(found, tmp_path / "out")
    liver, kidney = seg.SegmentSequence  # spleen and aorta were not found
    assert [liver.SegmentLabel, kidney.SegmentLabel] == ["Liver", "Kidney left"]
    assert liver.segmented_property_type == hd.sr.CodedConcept("10200004", "SCT", "Liver")
    assert liver.segmented_property_category == hd.sr.CodedConcept("123037004", "SCT", "Anatomical Structure")
    assert "SegmentedPropertyTypeModifierCodeSequence" not in liver.SegmentedPropertyTypeCodeSequence[0]
    (side,) = kidney.SegmentedPropertyTypeCodeSequence[0].SegmentedPropertyTypeModifierCodeSequence
    assert (side.CodeValue, side.CodeMeaning) == ("7771000", "Left")
    colour = hd.color.CIELabColor.from_dicom_value(tuple(liver.RecommendedDisplayCIELabValue))
    assert colour.to_rgb() == pytest.approx(catalogue()["liver"].colour, abs=1)
    assert liver.SegmentAlgorithmType == "AUTOMATIC"
    (algorithm,) = liver.SegmentationAlgorithmIdentificationSequence
    assert (algorithm.AlgorithmName, algorithm.AlgorithmVersion) == ("OrganSeg", __version__)
    assert f"{RUN['model']} {RUN['version']}" in algorithm.AlgorithmParameters


def test_many_organs_are_numbered_in_the_order_of_their_labels(tmp_path: Path) -> None:
    found = segmented(dicom_study(tmp_path / "study"))
    voxels = found.labelmap.voxels.astype(np.uint16) * 150
    organs = {150 * label: organ for label, organ in found.labelmap.organs.items()}
    found = Segmentation.of(found.scan, Labelmap(voxels, found.scan.grid, organs), {}, {})
    seg = _written(found, tmp_path / "out")
    assert np.array_equal(np.array([0, 150, 300])[_labels_in_space(seg, found.scan.grid)], voxels)


def test_every_organ_of_the_catalogue_is_a_valid_segment(tmp_path: Path) -> None:
    found = segmented(dicom_study(tmp_path / "study"))
    organs = dict(enumerate(catalogue().values(), 1))
    voxels = np.zeros_like(found.labelmap.voxels)
    voxels.ravel()[: len(organs)] = list(organs)
    found = Segmentation.of(found.scan, Labelmap(voxels, found.scan.grid, organs), {}, {})
    seg = _written(found, tmp_path / "out")
    assert [segment.SegmentLabel for segment in seg.SegmentSequence] == [o.title for o in organs.values()]
    for segment, organ in zip(seg.SegmentSequence, organs.values(), strict=True):
        (kind,) = segment.SegmentedPropertyTypeCodeSequence
        (place,) = segment.get("AnatomicRegionSequence", [None])
        assert (kind.CodeValue, _codes(segment.SegmentedPropertyCategoryCodeSequence)) == (
            organ.code.value,
            [organ.category.value],
        )
        assert _codes(kind.get("SegmentedPropertyTypeModifierCodeSequence", [])) == _values(organ.modifier)
        assert _codes([place] if place else []) == _values(organ.region)
        sides = place.get("AnatomicRegionModifierSequence", []) if place else []
        assert _codes(sides) == _values(organ.region_modifier)
    assert complaints(tmp_path / "out" / "segmentation.dcm") == []


def _codes(items: Sequence[Any]) -> list[str]:
    return [item.CodeValue for item in items]


def _values(code: Code | None) -> list[str]:
    return [code.value] if code else []


def test_without_organs_there_is_no_file_but_a_note(tmp_path: Path) -> None:
    scan, labelmap = two_organs()
    empty = replace(labelmap, voxels=np.zeros_like(labelmap.voxels))
    found = Segmentation.of(scan, empty, {}, {})
    assert write(found, tmp_path, Choices()) == []
    assert list(tmp_path.iterdir()) == []
    assert [note["code"] for note in found.run["notes"]] == ["output.no_organ"]


def test_a_study_that_is_not_dicom_becomes_dicom(tmp_path: Path) -> None:
    found = segmented(write_image(two_organs("oblique")[0], tmp_path / "ct.nii.gz"))
    seg = _written(found, tmp_path / "out")
    series = read_study(tmp_path / "out" / "dicom")
    assert np.array_equal(series.voxels, found.scan.voxels)
    assert np.allclose(series.grid.affine, found.scan.grid.affine, atol=1e-4)
    uids = [image.SOPInstanceUID for image in headers(tmp_path / "out" / "dicom")]
    by_image = seg.get_pixels_by_source_instance(
        uids, combine_segments=True, assert_missing_frames_are_empty=True
    )
    assert np.array_equal(by_image, found.labelmap.voxels)
    (note,) = found.run["notes"]
    assert note["code"] == "output.ct_series"
    assert "not DICOM" in note["sentence"]


@pytest.mark.parametrize("direction", ["straight", "left-handed", "oblique"])
@pytest.mark.parametrize("identity", [True, False])
@pytest.mark.parametrize("kind", ["DICOM", "NRRD"])
def test_dciodvfy_finds_no_error(kind: str, identity: bool, direction: str, tmp_path: Path) -> None:
    scan = two_organs(direction)[0]
    study = (
        dicom_study(tmp_path / "study", direction)
        if kind == "DICOM"
        else write_image(scan, tmp_path / "ct.nrrd")
    )
    _written(segmented(study), tmp_path / "out", identity)
    files = [
        path for path in (tmp_path / "out").rglob("*.dcm") if path.name in ("segmentation.dcm", "0009.dcm")
    ]
    assert len(files) == (1 if kind == "DICOM" and identity else 2)
    assert [complaint for file in files for complaint in complaints(file)] == []


@pytest.mark.parametrize("name", ["dicom/ts_reference_2", "ct/lidc_idri_0001.nii.gz"])
def test_real_studies(name: str, tmp_path: Path) -> None:
    """One DICOM study without identifiers, one NIfTI; labels by TotalSegmentator."""
    scan = read_study(real(name))
    given = sitk.ReadImage(real(f"ct/{Path(name).name.removesuffix('.nii.gz')}_labels.nii.gz"))
    on_grid = sitk.Resample(given, scan.grid.image(scan.voxels), sitk.Transform(), sitk.sitkNearestNeighbor)
    voxels = sitk.GetArrayFromImage(on_grid).astype(np.uint8)
    voxels[~np.isin(voxels, list(REAL))] = 0
    organs = {label: catalogue()[organ] for label, organ in sorted(REAL.items())}
    found = Segmentation.of(scan, Labelmap(voxels, scan.grid, organs), {}, {})
    seg = _written(found, tmp_path / "out")
    present = [label for label in sorted(REAL) if np.any(voxels == label)]
    assert len(seg.SegmentSequence) == len(present) > 3
    assert np.array_equal(np.array([0, *present])[_labels_in_space(seg, scan.grid)], voxels)
    assert complaints(tmp_path / "out" / "segmentation.dcm") == []
    assert complaints(tmp_path / "out" / "dicom" / "0001.dcm") == []
    assert read_study(tmp_path / "out" / "dicom").notes == ()
