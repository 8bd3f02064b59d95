"""Patient and scan as the headers tell them, and what remains of them without identity."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest
from OrganSegLib.ingest import read_study
from OrganSegLib.report.headers import patient_facts, patient_line, plain, read_header, scan_facts
from OrganSegLib.volume import Grid, Scan, Source

from Testing.unit.report.conftest import SECRETS


def test_the_patient_is_told_as_a_person_would(study: Path) -> None:
    scan = read_study(study)
    header = read_header(scan)
    assert dict(patient_facts(scan, header).items) == {
        "Name": "Dvořák<script>alert(1)</script>, Jiří",
        "ID": "ID & 4711",
        "Born": "1956-03-02",
        "Sex": "male",
        "Age": "65 years",
        "Study date": "2021-04-05",
        "Accession number": "ACC-99",
        "Institution": "Hospital of Žďár",
    }
    assert patient_line(header).endswith("Jiří · born 1956-03-02 · ID ID & 4711")


def test_the_scan_is_told(study: Path) -> None:
    scan = read_study(study)
    facts = dict(scan_facts(scan, read_header(scan), identity=True).items)
    assert facts["Scanner"] == "ACME"
    assert facts["Tube voltage"] == "120 kV"
    assert facts["Slice thickness"] == "4 mm"
    assert facts["Contrast agent"] == "Agentol"
    assert facts["Voxels"] == "40 × 40 × 20"
    assert facts["Voxel size"] == "2 × 2 × 4 mm"


def test_the_scan_s_facts_without_identity_hold_none_of_it(study: Path) -> None:
    scan = read_study(study)
    told = str(scan_facts(scan, read_header(scan), identity=False))
    assert "ACME" in told
    assert [secret for secret in SECRETS if secret in told] == []


def test_a_zipped_study_names_its_patient_too(study: Path, tmp_path: Path) -> None:
    zipped = shutil.make_archive(str(tmp_path / "study"), "zip", study)
    assert read_header(read_study(Path(zipped))) == read_header(read_study(study))


def test_an_unknown_patient_is_said_to_be_unknown() -> None:
    source = Source("a/ct.nii.gz", "NIfTI")
    scan = Scan(np.zeros((2, 2, 2), np.int16), Grid((2, 2, 2), (1.0, 1.0, 1.0)), source)
    header = read_header(scan)
    assert patient_facts(scan, header).items == (("Patient", "not known: the NIfTI source does not say"),)
    assert patient_line(header) == ""


def test_a_missing_name_is_told(study: Path) -> None:
    stated = patient_facts(read_study(study), {"StudyDate": "2021-04-05"}).items
    assert stated == (("Name", "not stated"), ("Study date", "2021-04-05"))


def test_damaged_values_are_shown_as_they_are(study: Path, tmp_path: Path) -> None:
    scan = read_study(study)
    whole = Path(scan.source.files[0]).read_bytes()
    assert b"\x18\x00\x60\x00DS\x04\x00120 " in whole
    broken = tmp_path / "1.dcm"
    broken.write_bytes(
        whole.replace(b"\x18\x00\x60\x00DS\x04\x00120 ", b"\x18\x00\x60\x00DS\x04\x00hi! ").replace(
            b"19560302", b"02.03.56"
        )
    )
    scan = replace(scan, source=replace(scan.source, files=(str(broken),)))
    header = read_header(scan)
    assert ("Tube voltage", "hi! kV") in scan_facts(scan, header, identity=True).items
    assert ("Born", "02.03.56") in patient_facts(scan, header).items


@pytest.mark.parametrize(
    ("text", "shown"),
    [("a\x00b\n c\u202ed", "a b c d"), ("x" * 300, "x" * 99 + "…"), ("é ř ² ≥", "é ř ² ≥")],
)
def test_text_from_outside_is_one_printable_line(text: str, shown: str) -> None:
    assert plain(text) == shown


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Dvořáková^Jana^Marie", "Dvořáková, Jana Marie"),
        ("Jana", "Jana"),
        ("Yamada^Tarou=山田^太郎", "Yamada, Tarou"),
        ("^^^^", "not stated"),
    ],
)
def test_names_are_put_in_order(name: str, shown: str, study: Path, tmp_path: Path) -> None:
    path = tmp_path / "1.dcm"
    header = pydicom.dcmread(next(study.iterdir()))
    header.PatientName = name
    header.save_as(path)
    scan = read_study(study)
    scan = replace(scan, source=replace(scan.source, files=(str(path),)))
    assert dict(patient_facts(scan, read_header(scan)).items)["Name"] == shown
