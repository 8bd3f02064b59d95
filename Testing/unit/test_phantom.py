"""The phantom: people with every organ in its place, the same on every grid, written in every format."""

from __future__ import annotations

import signal
from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk
from OrganSegLib.errors import InputError, OutputError
from OrganSegLib.organs import catalogue
from OrganSegLib.phantom import (
    IMAGE_SUFFIXES,
    LABELS,
    PHASES,
    make_phantom,
    write_dicom_series,
    write_image,
)
from OrganSegLib.volume import Grid, Labelmap, Scan

Phantom = tuple[Scan, Labelmap]

# What a radiologist expects of an adult, in millilitres; narrower than the catalogue's warnings.
ADULT_ML = {
    "liver": (1100, 2200),
    "spleen": (100, 320),
    "kidney_left": (90, 260),
    "kidney_right": (90, 260),
    "lung_left": (1400, 3500),
    "lung_right": (1500, 3500),
    "heart": (400, 850),
    "urinary_bladder": (90, 400),
    "pancreas": (40, 130),
    "spine": (500, 1200),
}

# A block of the upper abdomen with liver, kidney and spine, cheap to sample.
BLOCK = Grid((20, 18, 12), (6.0, 6.0, 6.0), (-90.0, -30.0, -30.0))


@pytest.fixture(scope="module")
def torso() -> Phantom:
    return make_phantom(0, (5.0, 5.0, 5.0), contrast="portal")


def centroid(labelmap: Labelmap, name: str) -> np.ndarray:
    k, j, i = np.nonzero(labelmap.voxels == LABELS[name])
    return (labelmap.grid.affine @ np.array([i.mean(), j.mean(), k.mean(), 1.0]))[:3]


def mean_hu(phantom: Phantom, name: str) -> float:
    scan, labelmap = phantom
    return float(scan.voxels[labelmap.voxels == LABELS[name]].mean())


def test_scan_and_labelmap_share_the_grid(torso: Phantom) -> None:
    scan, labelmap = torso
    assert scan.grid == labelmap.grid
    assert scan.voxels.shape == labelmap.voxels.shape == scan.grid.shape
    assert (scan.voxels.dtype, labelmap.voxels.dtype) == (np.int16, np.uint8)
    assert {organ.name: label for label, organ in labelmap.organs.items()} == LABELS


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_every_organ_has_an_adult_volume(seed: int) -> None:
    _, labelmap = make_phantom(seed, (5.0, 5.0, 5.0))
    counts = np.bincount(labelmap.voxels.ravel(), minlength=len(LABELS) + 1)
    for name, label in LABELS.items():
        low, high = ADULT_ML.get(name) or catalogue()[name].volume_ml or (1, np.inf)
        assert low <= counts[label] * labelmap.grid.voxel_ml <= high, name


def test_organs_lie_where_they_belong(torso: Phantom) -> None:
    where = {name: centroid(torso[1], name) for name in LABELS}
    midline = where["spine"][0]
    for name in (
        "liver",
        "gallbladder",
        "lung_right",
        "kidney_right",
        "adrenal_gland_right",
        "inferior_vena_cava",
    ):
        assert where[name][0] < midline - 10, f"{name} is on the patient's right"
    for name in ("spleen", "stomach", "heart", "lung_left", "kidney_left", "adrenal_gland_left"):
        assert where[name][0] > midline + 5, f"{name} is on the patient's left"
    for name in ("heart", "liver", "stomach", "pancreas", "urinary_bladder", "aorta"):
        assert where[name][1] < where["spine"][1], f"{name} lies before the spine"
    downwards = ("lung_left", "heart", "liver", "pancreas", "colon", "urinary_bladder")
    heights = [where[name][2] for name in downwards]
    assert heights == sorted(heights, reverse=True)


def test_each_organ_is_in_one_piece(torso: Phantom) -> None:
    for name, label in LABELS.items():
        mask = sitk.GetImageFromArray((torso[1].voxels == label).astype(np.uint8))
        pieces = sitk.RelabelComponent(sitk.ConnectedComponent(mask, True))
        largest = float((sitk.GetArrayViewFromImage(pieces) == 1).sum()) / float(
            (torso[1].voxels == label).sum()
        )
        assert largest > (0.5 if name == "colon" else 0.95), name


def test_tissues_have_their_hounsfield_units(torso: Phantom) -> None:
    scan, _ = torso
    expected = {
        "lung_left": (-920, -700),
        "liver": (70, 140),
        "urinary_bladder": (-5, 45),
        "spine": (180, 450),
    }
    for name, (low, high) in expected.items():
        assert low < mean_hu(torso, name) < high, name
    assert np.abs(scan.voxels[0, :5].mean() + 1000) < 30, "air in front of the body"
    assert np.percentile(scan.voxels, 99.5) > 300, "bone"


def test_a_table_carries_the_patient(torso: Phantom) -> None:
    scan, _ = torso
    behind = scan.voxels.mean(axis=(0, 2))[-15:]
    assert behind.max() > -960 > behind.min()


def test_contrast_enhances_blood_then_organs_then_urine() -> None:
    phases = {phase: make_phantom(5, (6.0, 6.0, 6.0), "abdomen", phase) for phase in PHASES}
    aorta = {phase: mean_hu(phantom, "aorta") for phase, phantom in phases.items()}
    liver = {phase: mean_hu(phantom, "liver") for phase, phantom in phases.items()}
    assert aorta["arterial"] > aorta["portal"] > aorta["delayed"] > aorta["native"]
    assert liver["portal"] > liver["arterial"] > liver["native"]
    labels = [phantom[1].voxels for phantom in phases.values()]
    assert all(np.array_equal(labels[0], other) for other in labels[1:])


def test_same_seed_gives_the_same_scan_and_another_seed_another_person() -> None:
    first, again, other = (make_phantom(seed, grid=BLOCK) for seed in (7, 7, 8))
    assert np.array_equal(first[0].voxels, again[0].voxels)
    assert np.array_equal(first[1].voxels, again[1].voxels)
    assert not np.array_equal(first[1].voxels, other[1].voxels)


def test_finer_grid_shows_the_same_anatomy() -> None:
    fine = replace(BLOCK, size=(39, 35, 23), spacing_mm=(3.0, 3.0, 3.0))
    _, coarse_labels = make_phantom(7, grid=BLOCK)
    _, fine_labels = make_phantom(7, grid=fine)
    assert (fine_labels.voxels[::2, ::2, ::2] == coarse_labels.voxels).mean() > 0.999


def test_part_of_a_grid_shows_part_of_the_anatomy() -> None:
    origin = BLOCK.affine @ (4.0, 3.0, 5.0, 1.0)
    part = replace(BLOCK, size=(10, 9, 6), origin_mm=(origin[0], origin[1], origin[2]))
    _, whole = make_phantom(7, grid=BLOCK)
    _, piece = make_phantom(7, grid=part)
    assert (whole.voxels[5:11, 3:12, 4:14] == piece.voxels).mean() > 0.999


def test_flipped_and_transposed_grids_show_the_same_patient() -> None:
    corner = BLOCK.affine @ (BLOCK.size[0] - 1.0, 0.0, 0.0, 1.0)
    turned = Grid(
        size=(BLOCK.size[2], BLOCK.size[0], BLOCK.size[1]),
        spacing_mm=BLOCK.spacing_mm,
        origin_mm=(corner[0], corner[1], corner[2]),
        direction=(0.0, -1.0, 0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0),  # i runs up, j to the right, k backwards
    )
    _, straight = make_phantom(7, grid=BLOCK)
    _, other = make_phantom(7, grid=turned)
    assert (np.moveaxis(other.voxels, 0, 1).transpose(2, 1, 0)[:, :, ::-1] == straight.voxels).mean() > 0.999


def test_oblique_grid_shows_the_same_patient() -> None:
    angle = np.deg2rad(20.0)
    oblique = replace(
        BLOCK,
        direction=(np.cos(angle), -np.sin(angle), 0.0, np.sin(angle), np.cos(angle), 0.0, 0.0, 0.0, 1.0),
    )
    _, straight = make_phantom(7, grid=replace(BLOCK, size=(78, 70, 45), spacing_mm=(1.5, 1.5, 1.5)))
    _, slanted = make_phantom(7, grid=oblique)
    fine = straight.grid.image(straight.voxels)
    resampled = sitk.Resample(
        fine, oblique.image(slanted.voxels), sitk.Transform(), sitk.sitkNearestNeighbor, 255
    )
    expected = sitk.GetArrayFromImage(resampled)
    inside = expected != 255
    assert inside.mean() > 0.4
    assert (expected == slanted.voxels)[inside].mean() > 0.95


def test_regions_show_what_they_name() -> None:
    chest, abdomen = (make_phantom(3, (6.0, 6.0, 6.0), region)[1].voxels for region in ("chest", "abdomen"))
    assert {LABELS["heart"], LABELS["lung_left"], LABELS["lung_right"]} <= set(np.unique(chest).tolist())
    assert LABELS["urinary_bladder"] not in chest
    assert {LABELS["liver"], LABELS["kidney_left"], LABELS["pancreas"]} <= set(np.unique(abdomen).tolist())
    assert LABELS["urinary_bladder"] not in abdomen


def test_a_head_holds_no_organ_but_the_spine() -> None:
    scan, labelmap = make_phantom(3, (6.0, 6.0, 6.0), "head")
    above_the_neck = slice(int(130 / 6), None)
    assert set(np.unique(labelmap.voxels[above_the_neck]).tolist()) <= {0, LABELS["spine"]}
    brain = scan.voxels[int(190 / 6)]
    assert (brain > 700).sum() > 20  # skull
    assert ((brain > 0) & (brain < 80)).sum() > 200


def test_people_differ_in_arms_fat_and_oral_contrast() -> None:
    """Arms, breasts and drunk contrast are drawn by seed: the widest of many people spans the field."""
    grid = Grid((72, 50, 1), (6.0, 6.0, 6.0), (-213.0, -150.0, 10.0))
    widths = [
        int((make_phantom(seed, grid=grid)[0].voxels[0] > -300).any(axis=0).sum()) for seed in range(10)
    ]
    assert max(widths) - min(widths) >= 10


@pytest.mark.parametrize(("region", "contrast"), [("leg", None), ("torso", "late")])
def test_unknown_region_or_contrast_is_refused(region: str, contrast: str | None) -> None:
    with pytest.raises(InputError) as caught:
        make_phantom(0, region=region, contrast=contrast)
    assert caught.value.code == "input.phantom"
    assert "Choose one of" in caught.value.next_step


@pytest.fixture
def small_scan() -> Scan:
    """An anisotropic oblique scan whose every axis is distinguishable."""
    cos, sin = np.cos(0.3), np.sin(0.3)
    direction = (cos, -sin, 0.0, sin, cos, 0.0, 0.0, 0.0, 1.0)
    return make_phantom(1, grid=Grid((14, 12, 10), (3.0, 4.0, 5.5), (-31.25, 12.5, -80.0), direction))[0]


def assert_same_image(image: sitk.Image, scan: Scan) -> None:
    assert np.array_equal(sitk.GetArrayFromImage(image), scan.voxels)
    assert image.GetSpacing() == pytest.approx(scan.grid.spacing_mm, abs=1e-5)
    assert image.GetOrigin() == pytest.approx(scan.grid.origin_mm, abs=1e-4)
    assert image.GetDirection() == pytest.approx(scan.grid.direction, abs=1e-6)


def test_dicom_series_reads_back_identically(small_scan: Scan, tmp_path: Path) -> None:
    folder = write_dicom_series(small_scan, tmp_path / "a series é")
    files = sitk.ImageSeriesReader.GetGDCMSeriesFileNames(str(folder))
    assert len(files) == len(list(folder.iterdir())) == small_scan.grid.size[2]
    assert_same_image(sitk.ReadImage(files), small_scan)


def test_dicom_files_are_valid_ct_of_nobody(small_scan: Scan, tmp_path: Path) -> None:
    slices = [pydicom.dcmread(file) for file in sorted(write_dicom_series(small_scan, tmp_path).iterdir())]
    assert {str(s.PatientName) for s in slices} == {"Phantom^OrganSeg"}
    assert {s.SOPClassUID for s in slices} == {pydicom.uid.CTImageStorage}
    assert {s.Modality for s in slices} == {"CT"}
    for keyword in ("StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID"):
        assert len({s[keyword].value for s in slices}) == 1
    assert len({s.SOPInstanceUID for s in slices}) == len(slices)
    assert [s.InstanceNumber for s in slices] == list(range(1, len(slices) + 1))
    assert all(s.file_meta.MediaStorageSOPInstanceUID == s.SOPInstanceUID for s in slices)


def test_dicom_folder_with_contents_is_left_alone(small_scan: Scan, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(OutputError) as caught:
        write_dicom_series(small_scan, tmp_path)
    assert caught.value.code == "output.exists"
    assert [file.name for file in tmp_path.iterdir()] == ["notes.txt"]


@pytest.mark.parametrize("suffix", IMAGE_SUFFIXES)
def test_image_reads_back_identically(small_scan: Scan, tmp_path: Path, suffix: str) -> None:
    path = write_image(small_scan, tmp_path / f"a scan ř{suffix}")
    assert [file.name for file in tmp_path.iterdir()] == [path.name]
    assert_same_image(sitk.ReadImage(path), small_scan)


def test_image_of_unknown_format_is_refused(small_scan: Scan, tmp_path: Path) -> None:
    with pytest.raises(OutputError) as caught:
        write_image(small_scan, tmp_path / "scan.jpg")
    assert caught.value.code == "output.format"
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "write", [write_dicom_series, lambda scan, path: write_image(scan, path / "scan.nrrd")]
)
def test_unwritable_place_is_named(small_scan: Scan, tmp_path: Path, write: object) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(OutputError) as caught:
        write(small_scan, tmp_path / "file" / "below")  # type: ignore[operator]
    assert caught.value.code == "output.not_writable"


@pytest.mark.parametrize("name", [*(f"scan{suffix}" for suffix in IMAGE_SUFFIXES), "series"])
def test_full_disk_is_named_and_leaves_nothing(torso: Phantom, tmp_path: Path, name: str) -> None:
    resource = pytest.importorskip("resource", reason="limits on file sizes are POSIX")
    write = write_dicom_series if name == "series" else write_image
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8192, hard))
    try:
        with pytest.raises(OutputError) as caught:
            write(torso[0], tmp_path / name)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)
    assert caught.value.code == "output.not_writable"
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
