"""The commands about data, as a researcher calls them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from organseg_training.manifest import Manifest
from OrganSegLib.ingest import read_study

from Testing.training.generated import PAIRS, config_of, write_pairs


@pytest.fixture
def config_file(tmp_path: Path) -> Path:
    (tmp_path / "configs").mkdir()
    path = tmp_path / "configs" / "tiny.yaml"
    config_of(PAIRS | {"folder": write_pairs(tmp_path / "data")}).save(path)
    return path


def test_from_scans_to_splits_and_numbers(call, tmp_path, config_file):
    run = tmp_path / "runs" / "tiny"
    prepared = call("prepare", config_file)
    assert prepared.exit_code == 0, prepared.output
    assert "2 cases" in prepared.output
    assert (run / "config.yaml").exists()
    divided = call("split", config_file, "--set", "split.kind=leave_one_out", "--set", "split.seed=7")
    assert divided.exit_code == 0, divided.output
    assert len(json.loads((run / "splits.json").read_text())["folds"]) == 2
    shown = call("fingerprint", config_file)
    assert "liver" in shown.output
    assert "2 cases of 2 patients" in shown.output
    assert (run / "fingerprint.json").exists()


def test_bad_scans_fail_with_a_sentence_unless_they_may_be_left_out(call, tmp_path, config_file):
    (tmp_path / "data" / "labels" / "p4.nii.gz").unlink()
    refused = call("prepare", config_file, "--run", tmp_path / "run")
    assert refused.exit_code == 10
    assert "p4: The image p4 has no labels of the same name." in refused.output
    allowed = call("prepare", config_file, "--run", tmp_path / "run", "--skip-bad")
    assert allowed.exit_code == 0
    assert "Left out: p4" in allowed.output
    assert [problem.name for problem in Manifest.load(tmp_path / "run" / "cases").problems] == ["p4"]


def test_convert_one_scan_or_a_folder(call, tmp_path):
    write_pairs(tmp_path)
    assert call("convert", tmp_path / "images", tmp_path / "dicom", "--to", "dicom").exit_code == 0
    assert call("convert", tmp_path / "dicom" / "p4", tmp_path / "p4.mha").exit_code == 0
    original, again = (read_study(tmp_path / name) for name in ("images/p4.nii.gz", "p4.mha"))
    assert (original.voxels == again.voxels).all()
    assert call("convert", tmp_path / "labels", tmp_path / "masks", "--to", "nrrd", "--labels").exit_code == 0
    assert sorted(path.name for path in (tmp_path / "masks").iterdir()) == ["p3.nrrd", "p4.nrrd"]


def test_group_and_join(call, tmp_path):
    write_pairs(tmp_path, (3,))
    assert "3 groups" in call("group", tmp_path / "images", tmp_path / "groups", "--slices", 9).output
    folder = tmp_path / "groups" / "p3"
    assert call("group", folder, tmp_path / "p3.nii.gz", "--join", folder / "groups.json").exit_code == 0
    assert (
        read_study(tmp_path / "p3.nii.gz").voxels == read_study(tmp_path / "images/p3.nii.gz").voxels
    ).all()
