"""Label files as readers that are not OrganSeg's see them."""

from __future__ import annotations

import json
from pathlib import Path

import nibabel
import numpy as np
import pytest
import SimpleITK as sitk
from OrganSegLib.label_files import terminology_entry, write_labels_json, write_nifti, write_seg_nrrd
from OrganSegLib.measure import measure
from OrganSegLib.organs import catalogue
from OrganSegLib.volume import Grid

from Testing.unit.shapes import DIRECTIONS, two_organs


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_labels_come_back_on_the_same_grid(direction: str, tmp_path: Path) -> None:
    scan, labelmap = two_organs(direction)
    write_nifti(tmp_path / "a.nii.gz", labelmap)
    write_seg_nrrd(tmp_path / "a.seg.nrrd", labelmap, measure(scan, labelmap))
    for name in ("a.nii.gz", "a.seg.nrrd"):
        image = sitk.ReadImage(tmp_path / name)
        assert np.array_equal(sitk.GetArrayFromImage(image), labelmap.voxels)
        assert Grid.of(image).affine == pytest.approx(labelmap.grid.affine, abs=1e-4)


def test_nifti_is_in_ras_for_those_who_read_it_so(tmp_path: Path) -> None:
    _, labelmap = two_organs("oblique")
    write_nifti(tmp_path / "a.nii.gz", labelmap)
    lps_to_ras = np.diag([-1.0, -1.0, 1.0, 1.0])
    affine = nibabel.load(tmp_path / "a.nii.gz").affine
    assert affine == pytest.approx(lps_to_ras @ labelmap.grid.affine, abs=1e-4)


def test_slicers_fields_describe_the_found_organs(tmp_path: Path) -> None:
    scan, labelmap = two_organs()
    write_seg_nrrd(tmp_path / "a.seg.nrrd", labelmap, measure(scan, labelmap))
    image = sitk.ReadImage(tmp_path / "a.seg.nrrd")
    fields = {key: image.GetMetaData(key) for key in image.GetMetaDataKeys() if key.startswith("Segment")}
    assert fields["Segmentation_MasterRepresentation"] == "Binary labelmap"
    assert fields["Segment1_ID"] == "kidney_left"
    assert fields["Segment1_Name"] == "Kidney left"
    assert fields["Segment1_LabelValue"] == "2"
    assert fields["Segment1_Layer"] == "0"
    assert [float(part) for part in fields["Segment1_Color"].split()] == pytest.approx(
        np.divide(labelmap.organs[2].colour, 255), abs=1e-5
    )
    k, j, i = np.nonzero(labelmap.voxels == 2)
    extent = [int(part) for part in fields["Segment1_Extent"].split()]
    assert extent == [i.min(), i.max(), j.min(), j.max(), k.min(), k.max()]
    assert "Segment2_ID" not in fields


def test_terminology_is_written_as_slicer_serialises_it() -> None:
    assert terminology_entry(catalogue()["kidney_left"]) == (
        "Segmentation category and type - 3D Slicer General Anatomy list"
        "~SCT^123037004^Anatomical Structure~SCT^64033007^Kidney~SCT^7771000^Left"
        "~Anatomic codes - DICOM master list~^^~^^"
    )
    assert "~SCT^10200004^Liver~^^~" in terminology_entry(catalogue()["liver"])


def test_terminology_says_where_a_cyst_lies() -> None:
    assert terminology_entry(catalogue()["kidney_cyst_right"]) == (
        "Segmentation category and type - 3D Slicer General Anatomy list"
        "~SCT^49755003^Morphologically Altered Structure~SCT^367643001^Cyst~^^"
        "~Anatomic codes - DICOM master list~SCT^64033007^Kidney~SCT^24028007^Right"
    )


def test_labels_json_has_nothing_but_labels_at_the_top(tmp_path: Path) -> None:
    _, labelmap = two_organs()
    write_labels_json(tmp_path / "labels.json", labelmap)
    labels = json.loads((tmp_path / "labels.json").read_text(encoding="utf-8"))
    assert list(labels) == ["1", "2", "3", "4"]
    kidney = labels["2"]
    assert (kidney["name"], kidney["snomed"], kidney["side"]) == ("kidney_left", "64033007", "left")
    assert kidney["colour"] == "#{:02x}{:02x}{:02x}".format(*labelmap.organs[2].colour)


def test_a_folder_that_is_not_there_is_an_os_error(tmp_path: Path) -> None:
    _, labelmap = two_organs()
    with pytest.raises(OSError, match="could not be written"):
        write_nifti(tmp_path / "missing" / "a.nii.gz", labelmap)
