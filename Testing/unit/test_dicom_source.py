"""Which images DICOM results name: the study's own where others can find them, else a series of their own."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom
import pytest
from OrganSegLib.dicom_ct import write_dicom_series
from OrganSegLib.dicom_source import Images, ct_images
from OrganSegLib.formats import FORMATS, Choices
from OrganSegLib.ingest import read_study
from OrganSegLib.phantom import write_image
from OrganSegLib.pipeline import Segmentation
from OrganSegLib.volume import Labelmap
from pydicom.dataset import Dataset
from pydicom.uid import UID

from Testing.unit.dicom_studies import PATIENT, complaints, dicom_study, headers, segmented
from Testing.unit.ingest.tiny_ct import along_z, write_enhanced, write_series
from Testing.unit.ingest.tiny_ct import body as tiny_body
from Testing.unit.shapes import two_organs

SHARED = ("StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID")


def _images(study: Path, folder: Path, identity: bool = True) -> tuple[Images, str]:
    """The images, and what was told about them."""
    scan = read_study(study)
    found = Segmentation(scan, Labelmap(np.zeros(scan.grid.shape, np.uint8), scan.grid, {}), [], [], {}, {})
    folder.mkdir(exist_ok=True)
    images = ct_images(found, folder, Choices(identity))
    assert len(images.headers) == scan.grid.size[2]
    return images, " ".join(note["sentence"] for note in found.run.get("notes", []))


def _edited(study: Path, change: Callable[[Dataset, int], object]) -> Path:
    for number, file in enumerate(sorted(study.iterdir())):
        image = pydicom.dcmread(file)
        change(image, number)
        image.save_as(file)
    return study


def test_a_complete_study_is_named_itself(tmp_path: Path) -> None:
    study = dicom_study(tmp_path / "study", "oblique")
    images, told = _images(study, tmp_path / "out")
    assert [image.SOPInstanceUID for image in images.headers] == [
        image.SOPInstanceUID for image in headers(study)
    ]
    assert not told
    assert not images.written
    assert not list((tmp_path / "out").iterdir())


def test_so_is_one_in_a_zip(tmp_path: Path) -> None:
    study = dicom_study(tmp_path / "study")
    images, told = _images(Path(shutil.make_archive(str(tmp_path / "study"), "zip", study)), tmp_path / "out")
    assert {image.SOPInstanceUID for image in images.headers} == {
        image.SOPInstanceUID for image in headers(study)
    }
    assert images.headers[0].PatientName == PATIENT["PatientName"]
    assert not told


def _empty(*keywords: str) -> Callable[[Dataset, int], object]:
    return lambda image, _: [setattr(image, keyword, "") for keyword in keywords]


FAULTS: dict[str, tuple[Callable[[Dataset, int], object], str]] = {
    "no instances": (_empty("SOPInstanceUID"), "SOPInstanceUID"),
    "no study": (_empty("StudyInstanceUID", "SeriesInstanceUID"), "SeriesInstanceUID, StudyInstanceUID"),
    "no frame": (lambda image, _: image.pop("FrameOfReferenceUID"), "FrameOfReferenceUID"),
    "bad instance": (lambda image, n: setattr(image, "SOPInstanceUID", f"1.02.{n}"), "SOPInstanceUID"),
    "one instance": (lambda image, _: setattr(image, "SOPInstanceUID", "1.2.3"), "the same identifier"),
    "two frames": (lambda image, n: setattr(image, "FrameOfReferenceUID", f"1.2.{n % 2}"), "contradict"),
    "uneven": (
        lambda image, n: image.ImagePositionPatient.__setitem__(2, image.ImagePositionPatient[2] + n % 2),
        "resampled",
    ),
    "tilted": (
        lambda image, n: image.ImagePositionPatient.__setitem__(1, image.ImagePositionPatient[1] + n),
        "resampled",
    ),
}


@pytest.mark.filterwarnings("ignore:Invalid value")  # of pydicom, when the test writes one
@pytest.mark.parametrize("fault", FAULTS)
def test_other_studies_get_a_series_that_keeps_what_it_can(fault: str, tmp_path: Path) -> None:
    change, reason = FAULTS[fault]
    study = _edited(dicom_study(tmp_path / "study"), change)
    images, told = _images(study, tmp_path / "out")
    assert reason in told
    written = headers(tmp_path / "out" / "dicom")
    assert images.written == ["dicom"]
    assert [image.SOPInstanceUID for image in images.headers] == [image.SOPInstanceUID for image in written]
    assert len({image.SOPInstanceUID for image in written}) == len(written)
    original = headers(study)[0]
    for keyword in SHARED:
        (uid,) = {image[keyword].value for image in written}
        assert UID(uid).is_valid
        kept = keyword != "SeriesInstanceUID" and UID(original.get(keyword) or "").is_valid
        assert (uid == original.get(keyword)) == kept
    for keyword in PATIENT.keys() - {*SHARED}:
        assert written[0][keyword].value == PATIENT[keyword]
    scan, again = read_study(study), read_study(tmp_path / "out" / "dicom")
    assert np.array_equal(again.voxels, scan.voxels)
    assert np.allclose(again.grid.affine, scan.grid.affine, atol=1e-4)
    assert again.notes == ()
    assert complaints(tmp_path / "out" / "dicom" / "0001.dcm") == []


def test_a_study_in_one_file_gets_a_series_of_slices(tmp_path: Path) -> None:
    study = write_enhanced(tmp_path / "enhanced.dcm", tiny_body())
    _, told = _images(study, tmp_path / "out")
    assert "in one file" in told
    assert complaints(tmp_path / "out" / "dicom" / "0001.dcm") == []


def test_the_same_scan_gets_the_same_identifiers(tmp_path: Path) -> None:
    study = write_image(two_organs()[0], tmp_path / "ct.nii.gz")
    (first, _), (second, _) = (_images(study, tmp_path / name) for name in "ab")
    for one, other in zip(first.headers, second.headers, strict=True):
        assert one == other
    other_scan = write_image(two_organs("oblique")[0], tmp_path / "other.nii.gz")
    elsewhere, _ = _images(other_scan, tmp_path / "c")
    for keyword in (*SHARED, "PatientID", "PatientName"):
        assert elsewhere.headers[0][keyword].value != first.headers[0][keyword].value


def test_results_written_one_after_the_other_name_the_same_images(tmp_path: Path) -> None:
    found = segmented(write_image(two_organs()[0], tmp_path / "ct.nii.gz"))
    for name in ("dicom-seg", "rtstruct"):
        FORMATS[name].write(found, tmp_path, Choices())
    segmentation = pydicom.dcmread(tmp_path / "segmentation.dcm")
    structures = pydicom.dcmread(tmp_path / "rtstruct.dcm")
    (space,) = structures.ReferencedFrameOfReferenceSequence
    (series,) = space.RTReferencedStudySequence[0].RTReferencedSeriesSequence
    named = [image.ReferencedSOPInstanceUID for image in series.ContourImageSequence]
    assert named == [image.SOPInstanceUID for image in headers(tmp_path / "dicom")]
    (other,) = segmentation.ReferencedSeriesSequence
    assert [image.ReferencedSOPInstanceUID for image in other.ReferencedInstanceSequence] == named
    for keyword in ("StudyInstanceUID", "FrameOfReferenceUID", "PatientID"):
        assert segmentation[keyword].value == structures[keyword].value


@pytest.mark.parametrize("name", ["dicom-seg", "rtstruct"])
def test_without_identity_nothing_names_the_patient(name: str, tmp_path: Path) -> None:
    study = dicom_study(tmp_path / "study")
    found = segmented(study)
    (tmp_path / "out").mkdir()
    file, folder = FORMATS[name].write(found, tmp_path / "out", Choices(identity=False))
    assert folder == "dicom-anonymous"
    uids = {image[keyword].value for image in headers(study) for keyword in (*SHARED, "SOPInstanceUID")}
    secrets = {*PATIENT.values(), *uids, "Müller", "20240506"} - {"M", ""}
    result = pydicom.dcmread(tmp_path / "out" / file)
    images = headers(tmp_path / "out" / folder)
    for written in (result, *images):
        content = str(written) + str(written.file_meta)
        assert not [secret for secret in secrets if secret in content]
        assert written.PatientIdentityRemoved == "YES"
        assert written.DeidentificationMethodCodeSequence[0].CodeValue == "113100"
        assert written.PatientID == images[0].PatientID
        assert written.StudyInstanceUID == images[0].StudyInstanceUID
        dates = [element for element in written.iterall() if element.VR in ("DA", "DT") and element.value]
        assert {element.value for element in dates} <= {"19000101"}
    assert complaints(tmp_path / "out" / file) == []
    assert complaints(tmp_path / "out" / folder / "0001.dcm") == []


def test_named_and_anonymous_results_do_not_mix(tmp_path: Path) -> None:
    study = write_image(two_organs()[0], tmp_path / "ct.nii.gz")
    (named, _), (anonymous, _) = (_images(study, tmp_path / "out", identity) for identity in (True, False))
    assert (named.written, anonymous.written) == (["dicom"], ["dicom-anonymous"])
    first, second = ({image.SOPInstanceUID for image in one.headers} for one in (named, anonymous))
    assert not first & second


ODD = {
    "PatientBirthDate": ("1950.02.03", ""),
    "PatientSex": ("W", ""),
    "PatientAge": ("seventy", None),
    "StudyTime": ("around noon", ""),
    "PatientPosition": ("lying down", ""),
    "PatientName": ("山田^太郎", "山田^太郎"),
    "StudyDescription": ("x" * 80, "x" * 80),
    "AccessionNumber": (None, ""),
}


@pytest.mark.filterwarnings("ignore")  # of pydicom, when the test writes such values
def test_what_hospitals_write_is_taken_or_left_out(tmp_path: Path) -> None:
    """Values of no valid form stop neither this program nor those that read its results."""

    def change(image: Dataset, _: int) -> None:
        image.SpecificCharacterSet = ["", "ISO 2022 IR 87"]
        for keyword, (stated, _) in ODD.items():
            if stated is None:
                del image[keyword]
            else:
                setattr(image, keyword, stated)

    found = segmented(_edited(dicom_study(tmp_path / "study"), change))
    FORMATS["dicom-seg"].write(found, tmp_path, Choices())
    segmentation = pydicom.dcmread(tmp_path / "segmentation.dcm")
    for keyword, (_, kept) in ODD.items():
        if keyword != "PatientPosition":  # an attribute of images only
            assert (str(segmentation[keyword].value) if keyword in segmentation else None) == kept
    assert not (tmp_path / "dicom").exists()


def test_nothing_is_said_of_the_patient_on_the_way(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], recwarn: pytest.WarningsRecorder
) -> None:
    folder = write_dicom_series(
        two_organs()[0], tmp_path / "study", PATIENT | {"PatientName": "Jane Doe Doe"}
    )
    FORMATS["dicom-seg"].write(segmented(folder), tmp_path, Choices())
    out, err = capfd.readouterr()
    assert "Doe" not in out + err + " ".join(str(one.message) for one in recwarn)


def test_slices_that_wander_by_less_than_a_voxel_are_named_themselves(tmp_path: Path) -> None:
    places = [(x, y, z + 0.02 * (n % 2)) for n, (x, y, z) in enumerate(along_z(12))]
    uids = {key: value for key, value in PATIENT.items() if key in SHARED}

    def change(image: Dataset, _: int) -> None:
        for keyword, value in uids.items():
            setattr(image, keyword, value)

    write_series(tmp_path / "study", positions=places, change=change)
    images, told = _images(tmp_path / "study", tmp_path / "out")
    assert not told
    assert [image.ImagePositionPatient[2] for image in images.headers] == [z for _, _, z in places]
