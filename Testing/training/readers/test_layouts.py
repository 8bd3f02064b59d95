"""Every layout gives back the scan and the labels that were written in it."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from organseg_training.config import Config
from organseg_training.errors import DataError
from organseg_training.grids import nearest_labels
from organseg_training.prepare import prepare
from organseg_training.readers import Entry, LabelArray, Reader, open_readers
from OrganSegLib.phantom import write_dicom_series

from Testing.training.generated import (
    PAIRS,
    config_of,
    drawn,
    person,
    write_chaos,
    write_ircadb,
    write_pairs,
    write_slices,
    write_volume,
)
from Testing.unit.ingest.tiny_ct import real

TRUTH = {"liver": 1, "spleen": 2}


def opened(config: Config) -> tuple[Reader, list[Entry]]:
    (reader,) = open_readers(config)
    return reader, reader.entries()


def read(config: Config, which: int = 0) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    """HU and labels of an entry on one grid, and what the labels tell of."""
    reader, entries = opened(config)
    scan = reader.scan(entries[which])
    labels = reader.labels(entries[which], scan)
    assert labels is not None
    assert labels.grid.shape == scan.grid.shape == labels.values.shape
    return scan.voxels, labels.values, labels.known


@pytest.mark.parametrize("folders", [("images", "labels"), ("imagesTr", "labelsTr")])
def test_pairs_by_equal_names(tmp_path, folders):
    config = config_of(PAIRS | {"folder": write_pairs(tmp_path, names=folders)})
    assert [entry.name for entry in opened(config)[1]] == ["p3", "p4"]
    hu, labels, known = read(config)
    assert np.array_equal(hu, person()[0].voxels)
    assert np.array_equal(labels, drawn(TRUTH))
    assert known == ("liver", "spleen")


def test_pairs_of_other_formats_and_names(tmp_path):
    write_volume(tmp_path / "images" / "a_0000.mha", person()[0].voxels)
    write_volume(tmp_path / "labels" / "a.nrrd", drawn(TRUTH))
    write_dicom_series(person(4)[0], tmp_path / "images" / "b")
    write_volume(tmp_path / "labels" / "b.seg.nrrd", drawn(TRUTH, 4), 4)
    (tmp_path / "images" / "notes.txt").write_text("no image")
    config = config_of(PAIRS | {"folder": tmp_path, "options": {"patient": "^(.)"}})
    assert [(entry.name, entry.patient) for entry in opened(config)[1]] == [("a", "a"), ("b", "b")]
    for which, seed in enumerate((3, 4)):
        hu, labels, _ = read(config, which)
        assert np.array_equal(hu, person(seed)[0].voxels)
        assert np.array_equal(labels, drawn(TRUTH, seed))


def test_pairs_with_labels_as_dicom(tmp_path):
    write_volume(tmp_path / "images" / "a.nii.gz", person()[0].voxels)
    write_dicom_series(replace(person()[0], voxels=drawn(TRUTH).astype(np.int16)), tmp_path / "labels" / "a")
    assert np.array_equal(read(config_of(PAIRS | {"folder": tmp_path}))[1], drawn(TRUTH))


def test_chaos_masks_follow_the_files_not_the_axis(tmp_path):
    data = {"layout": "chaos", "folder": write_chaos(tmp_path), "labels": {"liver": 255}}
    hu, labels, known = read(config_of(data))
    assert np.array_equal(hu, person()[0].voxels)
    assert np.array_equal(labels, drawn({"liver": 1}))
    assert known == ("liver",)
    assert opened(config_of(data))[1][0].name == "chaos_CT_1"


IRCADB = {"layout": "ircadb", "labels": {"liver": "liver", "spleen": ["*spleen", "extra"]}}


def test_ircadb_folders(tmp_path):
    hu, labels, known = read(config_of(IRCADB | {"folder": write_ircadb(tmp_path)}))
    assert np.array_equal(hu, person()[0].voxels)
    assert np.array_equal(labels, drawn(TRUTH))
    assert known == ("liver", "spleen")


@pytest.mark.parametrize("whole", [False, True])
def test_ircadb_as_published(tmp_path, whole):
    patient = write_ircadb(tmp_path) / "3Dircadb1.1"
    for part in ("PATIENT_DICOM", "MASKS_DICOM"):
        shutil.make_archive(str(patient / part), "zip", patient, part)
        shutil.rmtree(patient / part)
    if whole:
        shutil.make_archive(str(patient), "zip", tmp_path, patient.name)
        shutil.rmtree(patient)
    config = config_of(IRCADB | {"folder": tmp_path})
    assert [entry.name for entry in opened(config)[1]] == ["3Dircadb1.1"]
    hu, labels, _ = read(config)
    assert np.array_equal(hu, person()[0].voxels)
    assert np.array_equal(labels, drawn(TRUTH))


def test_ircadb_organ_that_was_not_drawn_stays_unknown(tmp_path):
    write_ircadb(tmp_path)
    shutil.rmtree(tmp_path / "3Dircadb1.1" / "MASKS_DICOM" / "leftspleen")
    assert read(config_of(IRCADB | {"folder": tmp_path}))[2] == ("liver",)


SLICES = {"layout": "slices", "labels": {"liver": 100, "spleen": 200}}
FLAT = {"dimensions": 2, "spacing_mm": (10.0, 10.0, 0.0)}


@pytest.mark.parametrize("ending", [".npy", ".png", ".jpg"])
def test_slices_of_any_kind_of_mask(tmp_path, ending):
    config = config_of(SLICES | {"folder": write_slices(tmp_path, ending)})
    (entry,) = opened(config)[1]
    assert entry.patient == "patient_001"
    hu, labels, _ = read(config)
    assert np.array_equal(hu, person()[0].voxels)
    assert np.array_equal(labels, drawn(TRUTH))


def test_slices_far_apart_are_for_2d_networks(tmp_path):
    folder = write_slices(tmp_path, every=6)
    (folder / "dicoms" / "p3_06.dcm").unlink()
    (folder / "labels" / "p3_06.png").unlink()
    flat = config_of(SLICES | {"folder": folder}, **FLAT)
    assert np.array_equal(read(flat)[1], drawn(TRUTH)[[0, 12, 18, 24]])
    with pytest.raises(DataError, match="no volume") as caught:
        read(config_of(SLICES | {"folder": folder}))
    assert caught.value.code == "data.not_a_volume"


def test_slices_of_two_patients(tmp_path):
    write_slices(tmp_path, every=5)
    config = config_of(SLICES | {"folder": write_slices(tmp_path, every=5, seed=4)}, **FLAT)
    entries = opened(config)[1]
    assert [(entry.name, entry.patient) for entry in entries] == [
        ("p3_00", "patient_001"),
        ("p4_00", "patient_002"),
    ]
    named = config_of(SLICES | {"folder": tmp_path, "options": {"patient": r"(p\d)_"}}, **FLAT)
    assert [entry.patient for entry in opened(named)[1]] == ["p3", "p4"]


def test_listed_scans_have_numberings_of_their_own(tmp_path):
    write_volume(tmp_path / "ct.nii.gz", person()[0].voxels)
    write_volume(tmp_path / "v1.nii.gz", drawn({"liver": 5, "spleen": 1, "aorta": 7}))
    (tmp_path / "names.json").write_text('{"5": "liver", "1": "spleen", "90": "brain"}')
    write_volume(tmp_path / "v2.nii.gz", drawn({"liver": 5, "spleen": 1}))
    write_volume(tmp_path / "own.nii.gz", person()[1].voxels)
    scans = [
        {"name": name, "image": "ct.nii.gz", "labels": f"{name}.nii.gz", "numbering": numbering}
        for name, numbering in {"v1": "v1", "v2": "v2", "own": "organseg"}.items()
    ]
    scans[2] |= {"role": "check", "weight": 0.5, "licence": "CC0", "patient": "someone"}
    data = {"layout": "listed", "folder": tmp_path, "options": {"scans": scans, "names_v2": "names.json"}}
    for which in range(3):
        assert np.array_equal(read(config_of(data), which)[1], drawn(TRUTH))
    last = opened(config_of(data))[1][2]
    assert (last.role, last.weight, last.licence, last.patient) == ("check", 0.5, "CC0", "someone")


def test_phantoms_are_numbered_by_seed():
    data = {"layout": "phantoms", "options": {"count": 2, "first_seed": 7, "region": "abdomen"}}
    reader, entries = opened(config_of(data))
    assert [entry.name for entry in entries] == ["phantom_007", "phantom_008"]
    scan = reader.scan(entries[1])
    labels = reader.labels(entries[1], scan)
    assert labels is not None
    assert labels.known == ("liver", "spleen")
    assert set(np.unique(labels.values)) == {0, 1, 2}
    flat, (entry, _) = opened(config_of(data, **FLAT))
    assert flat.scan(entry).grid.spacing_mm == (10.0, 10.0, 3.0)


class OwnReader:
    """What a user may write."""

    def __init__(self, data, config) -> None:
        self.name = f"{config.name}_{data.folder.name}"

    def entries(self) -> list[Entry]:
        return [Entry(self.name, self.name, Path("ct.mha"))]

    def scan(self, entry):
        return person(entry.facts.get("seed", 3))[0]

    def labels(self, entry, scan):
        return LabelArray(drawn(TRUTH), scan.grid, ("liver",)) if entry.labels else None


def test_own_reader_by_import_path(tmp_path):
    reader, entries = opened(config_of({"layout": f"{__name__}:OwnReader", "folder": tmp_path}))
    assert entries[0].name == f"tiny_{tmp_path.name}"
    assert reader.labels(entries[0], reader.scan(entries[0])) is None


def test_own_reader_by_entry_point(tmp_path, monkeypatch):
    info = tmp_path / "acme-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[organseg.readers]\nacme = acme_reader:Reader\n")
    (tmp_path / "acme_reader.py").write_text(
        "class Reader:\n    def __init__(self, data, config): pass\n    def entries(self): return []\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    assert opened(config_of({"layout": "acme"}))[1] == []


def test_axis_order_of_labels_does_not_matter(tmp_path):
    write_pairs(tmp_path, (3,))
    path = tmp_path / "labels" / "p3.nii.gz"
    turned = sitk.PermuteAxes(sitk.ReadImage(str(path)), (2, 0, 1))
    sitk.WriteImage(sitk.Flip(turned, (True, False, False)), str(path))
    reader, entries = opened(config_of(PAIRS | {"folder": tmp_path}))
    labels = reader.labels(entries[0], reader.scan(entries[0]))
    assert labels is not None
    assert np.array_equal(nearest_labels(labels.values, labels.grid, person()[0].grid), drawn(TRUTH))


def test_shipped_weights_learn_from_the_same_numbers_as_ever(tmp_path):
    """The log of the shipped weights keeps checksums of the raw files and the shape of the case."""
    folder = real("dicom/ts_reference_2").parents[1]
    scan = {
        "name": "ts_reference_2",
        "image": "dicom/ts_reference_2",
        "labels": "ct/ts_reference_2_labels.nii.gz",
        "numbering": "v2",
    }
    data = {"layout": "listed", "folder": folder, "options": {"scans": [scan], "names_v2": "names_v2.json"}}
    record = prepare(config_of(data, spacing_mm=(3.0, 3.0, 3.0)), tmp_path).cases["ts_reference_2"]
    log = Path(__file__).parents[3] / "training" / "logs" / "organseg-ct-3mm.manifest.json"
    logged = json.loads(log.read_text())["scans"]["ts_reference_2"]
    assert record.files == logged["files"]
    assert list(record.shape) == logged["shape"]
