"""From collections to cases: what is written, kept, refused and reported."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

import numpy as np
import pytest
import SimpleITK as sitk
from organseg_training.case import Case
from organseg_training.errors import ConfigError, DataError
from organseg_training.grids import nearest_labels
from organseg_training.manifest import Manifest
from organseg_training.prepare import prepare
from OrganSegLib.preprocess import body_box, network_grid, resample

from Testing.training.generated import (
    PAIRS,
    config_of,
    drawn,
    person,
    write_chaos,
    write_pairs,
    write_slices,
    write_volume,
)

FLAT = {"dimensions": 2, "spacing_mm": (12.0, 12.0, 0.0)}


def refused(config, cases) -> tuple[str, str]:
    """Code and sentence of the one scan that cannot be used."""
    with pytest.raises(DataError) as caught:
        prepare(config, cases)
    error = caught.value
    assert error.code == "data.bad_scans"
    assert "--skip-bad" in error.next_step
    (line,) = error.sentence.splitlines()[1:]
    sentence, _, code = line.removesuffix("]").rpartition(" [")
    return code, sentence


def test_cases_are_what_the_engine_gives_the_network(tmp_path):
    config = config_of(
        PAIRS | {"folder": write_pairs(tmp_path), "licence": "CC0", "weight": 0.6},
        {"layout": "phantoms", "options": {"region": "abdomen"}, "role": "check"},
    )
    manifest = prepare(config, tmp_path / "cases")
    hu, _ = resample(person()[0], config.spacing_mm)
    box = body_box(hu)
    case = Case.load(tmp_path / "cases" / "p3.npz")
    assert np.array_equal(case.hu, np.round(hu[box]).astype(np.int16))
    assert np.array_equal(case.labels, drawn({"liver": 1, "spleen": 2})[box])
    assert (case.known, case.spacing_mm) == (("liver", "spleen"), config.spacing_mm)
    record = manifest.cases["p3"]
    assert (record.shape, record.scan_size) == (case.hu.shape, person()[0].grid.size)
    assert (record.licence, record.weight, record.patient) == ("CC0", 0.3, "p3")
    assert set(record.files) == {"images/p3.nii.gz", "labels/p3.nii.gz"}
    assert all(len(checksum) == 64 for checksum in record.files.values())
    assert manifest.cases["phantom_000"].role == "check"
    assert Manifest.load(tmp_path / "cases") == manifest


def test_2d_cases_keep_the_slices(tmp_path):
    folder = write_pairs(tmp_path, (3,))
    record = prepare(config_of(PAIRS | {"folder": folder}, **FLAT), tmp_path / "cases").cases["p3"]
    assert record.spacing_mm == (12.0, 12.0, 10.0)
    assert record.shape[0] == person()[0].grid.size[2]


def test_only_what_changed_is_prepared_again(tmp_path):
    cases = tmp_path / "cases"
    config = config_of(PAIRS | {"folder": write_pairs(tmp_path)})
    prepare(config, cases)
    written = {path.name: path.stat().st_mtime_ns for path in cases.glob("*.npz")}
    write_volume(tmp_path / "labels" / "p4.nii.gz", drawn({"liver": 1}, 4), 4)
    prepare(config, cases)
    again = {path.name: path.stat().st_mtime_ns for path in cases.glob("*.npz")}
    assert again["p3.npz"] == written["p3.npz"]
    assert again["p4.npz"] != written["p4.npz"]
    prepare(config.changed(spacing_mm=(12.0, 12.0, 12.0)), cases)
    assert Case.load(cases / "p3.npz").spacing_mm == (12.0, 12.0, 12.0)


def test_the_same_scan_twice_is_one_patient(tmp_path):
    write_pairs(tmp_path, (3,))
    write_volume(tmp_path / "images" / "copy.mha", person()[0].voxels)
    write_volume(tmp_path / "labels" / "copy.mha", drawn({"liver": 1}))
    manifest = prepare(config_of(PAIRS | {"folder": tmp_path}), tmp_path / "cases")
    assert manifest.duplicates == (("copy", "p3"),)
    assert {record.patient for record in manifest.cases.values()} == {"copy"}


def test_dicom_tells_scanner_and_contrast_but_no_patient(tmp_path):
    config = config_of({"layout": "chaos", "folder": write_chaos(tmp_path), "labels": {"liver": 255}})
    record = prepare(config, tmp_path / "cases").cases["chaos_CT_1"]
    assert record.facts == {
        "slice_spacing_mm": 10.0,
        "manufacturer": "OrganSeg",
        "model": "OrganSeg",
        "kvp": "120",
    }
    assert "PHANTOM" not in json.dumps(asdict(record))


@pytest.mark.parametrize(
    ("geometry", "words"),
    [
        (
            {"spacing_mm": (10.0, 10.0, 9.0)},
            "their voxels measure 10 × 10 × 9 mm, those of the scan 10 × 10 × 10",
        ),
        ({"origin_mm": (0.0, 0.0, 0.0)}, "mm away"),
        ({"direction": (0.8, -0.6, 0.0, 0.6, 0.8, 0.0, 0.0, 0.0, 1.0)}, "point in other directions"),
        ({"size": (43, 36, 20)}, "they have 43 × 36 × 20 voxels, the scan 43 × 36 × "),
    ],
)
def test_labels_elsewhere_than_the_scan(tmp_path, geometry, words):
    write_pairs(tmp_path, (3,))
    grid = replace(person()[0].grid, **geometry)
    image = grid.image(drawn({"liver": 1})[: grid.size[2]])
    sitk.WriteImage(image, str(tmp_path / "labels" / "p3.nii.gz"))
    code, sentence = refused(config_of(PAIRS | {"folder": tmp_path}), tmp_path / "cases")
    assert code == "data.geometry"
    assert words in sentence


def test_labels_on_the_grid_of_a_teacher_with_other_voxels(tmp_path):
    write_pairs(tmp_path, (3,))
    scan = person()[0].grid
    coarse = network_grid(scan, (20.0, 20.0, 20.0))
    labels = nearest_labels(drawn({"liver": 1, "spleen": 2}), scan, coarse)
    sitk.WriteImage(coarse.image(labels), str(tmp_path / "labels" / "p3.nii.gz"))
    config = config_of(PAIRS | {"folder": tmp_path})
    prepare(config, tmp_path / "cases")
    hu, grid = resample(person()[0], config.spacing_mm)
    expected = nearest_labels(labels, coarse, grid)[body_box(hu)]
    assert np.array_equal(Case.load(tmp_path / "cases" / "p3.npz").labels, expected)
    assert config.spacing_mm != coarse.spacing_mm
    assert (expected == 1).any()


def test_label_values_out_of_the_list(tmp_path):
    write_pairs(tmp_path, (3,))
    write_volume(tmp_path / "labels" / "p3.nii.gz", drawn({"liver": 1, "spleen": 7}))
    code, sentence = refused(config_of(PAIRS | {"folder": tmp_path}), tmp_path / "cases")
    assert code == "data.label_values"
    assert "p3.nii.gz holds label values that are not in the list: 7 (listed: 0, 1, 2)" in sentence
    ignoring = PAIRS | {"folder": tmp_path, "labels": {"liver": 1, "background": [2, 7]}}
    assert prepare(config_of(ignoring), tmp_path / "cases").cases["p3"].known == ("liver",)


def test_empty_masks(tmp_path):
    write_pairs(tmp_path, (3,))
    write_volume(tmp_path / "labels" / "p3.nii.gz", np.zeros_like(person()[1].voxels))
    assert refused(config_of(PAIRS | {"folder": tmp_path}), tmp_path / "cases")[0] == "data.empty_labels"


def test_unpaired_files(tmp_path):
    write_pairs(tmp_path)
    for folder, name in (("images", "p3"), ("labels", "p4")):
        path = tmp_path / folder / f"{name}.nii.gz"
        kept = path.read_bytes()
        path.unlink()
        code, sentence = refused(config_of(PAIRS | {"folder": tmp_path}), tmp_path / "cases")
        assert code == "data.unpaired"
        assert name in sentence
        path.write_bytes(kept)
    chaos = write_chaos(tmp_path / "chaos")
    next(chaos.rglob("*.png")).unlink()
    data = {"layout": "chaos", "folder": chaos, "labels": {"liver": 255}}
    assert refused(config_of(data), tmp_path / "cases")[0] == "data.unpaired"


def test_mixed_sizes(tmp_path):
    folder = write_slices(tmp_path, ".npy")
    np.save(folder / "labels" / "p3_05.npy", np.zeros((7, 7), np.uint8))
    data = {"layout": "slices", "folder": folder, "labels": {"liver": 100, "spleen": 200}}
    code, sentence = refused(config_of(data), tmp_path / "cases")
    assert code == "data.mixed_sizes"
    assert "p3_05.dcm" in sentence


def test_jpeg_that_blurred_its_labels(tmp_path):
    folder = write_slices(tmp_path, ".jpg", quality=5)
    data = {"layout": "slices", "folder": folder, "labels": {"liver": 100, "spleen": 200}}
    code, sentence = refused(config_of(data), tmp_path / "cases")
    assert code == "data.label_values"
    assert ".jpg: " in sentence
    close = data | {"labels": {"liver": 1, "spleen": 2}}
    assert refused(config_of(close), tmp_path / "cases")[0] == "data.label_values"


def test_corrupt_files_cost_only_themselves(tmp_path):
    cases = tmp_path / "cases"
    write_pairs(tmp_path)
    path = tmp_path / "labels" / "p3.nii.gz"
    path.write_bytes(path.read_bytes()[:100])
    (tmp_path / "images" / "p5.nii.gz").write_bytes(b"no image")
    write_volume(tmp_path / "labels" / "p5.nii.gz", drawn({"liver": 1}))
    config = config_of(PAIRS | {"folder": tmp_path})
    with pytest.raises(DataError, match="2 of 3 scans cannot be used"):
        prepare(config, cases)
    assert (cases / "p4.npz").exists()
    with pytest.raises(DataError, match="organseg-train prepare"):
        Manifest.load(cases)
    manifest = prepare(config, cases, skip_bad=True)
    assert list(manifest.cases) == ["p4"]
    assert [(problem.name, problem.code) for problem in manifest.problems] == [
        ("p3", "data.corrupt"),
        ("p5", "input.unreadable"),
    ]


def test_a_listed_file_that_is_missing(tmp_path):
    scans = [{"name": "a", "image": "a.nii.gz", "labels": "b.nii.gz", "numbering": "v1"}]
    data = {"layout": "listed", "folder": tmp_path, "options": {"scans": scans}}
    code, sentence = refused(config_of(data), tmp_path / "cases")
    assert code == "data.missing_file"
    assert "a.nii.gz" in sentence


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"labels": {}}, "labels is empty"),
        ({"labels": {"lever": 1}}, "lever is no class"),
        ({"labels": {"liver": 1, "spleen": 1}}, "means two classes"),
        ({"options": {"pattern": "x"}}, "options.pattern"),
        ({"layout": "pears"}, "the layout pears"),
        ({"layout": "nowhere:Reader"}, "nowhere:Reader cannot be imported"),
    ],
)
def test_what_the_configuration_gets_wrong(tmp_path, change, words):
    with pytest.raises(ConfigError, match=words):
        prepare(config_of(PAIRS | {"folder": tmp_path} | change), tmp_path / "cases")


def test_names_are_unique_and_folders_are_laid_out_as_told(tmp_path):
    data = PAIRS | {"folder": write_pairs(tmp_path, (3,))}
    with pytest.raises(DataError, match="p3") as caught:
        prepare(config_of(data, data), tmp_path / "cases")
    assert caught.value.code == "data.double_name"
    for layout in ("pairs", "slices", "chaos", "ircadb"):
        with pytest.raises(DataError) as caught:
            prepare(config_of(PAIRS | {"layout": layout, "folder": tmp_path / "images"}), tmp_path / "cases")
        assert caught.value.code == "data.layout"


def test_a_manifest_must_be_whole(tmp_path):
    with pytest.raises(DataError, match="organseg-train prepare"):
        Manifest.load(tmp_path)
    (tmp_path / "manifest.json").write_text('{"cases": {"a": {}}}')
    with pytest.raises(DataError) as caught:
        Manifest.load(tmp_path)
    assert caught.value.code == "data.damaged_manifest"
