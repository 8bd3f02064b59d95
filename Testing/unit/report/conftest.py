"""A small study of a patient with an awkward name, and what was found in it."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

import pydicom
import pytest
from OrganSegLib.ingest import read_study
from OrganSegLib.phantom import write_dicom_series
from OrganSegLib.pipeline import Segmentation
from OrganSegLib.quality import Flag, OrganTrust
from OrganSegLib.volume import Labelmap

from Testing.unit.shapes import two_organs

NAME = "Dvořák<script>alert(1)</script>^Jiří"
IDENTITY = {
    "PatientName": NAME,
    "PatientID": "ID & 4711",
    "PatientBirthDate": "19560302",
    "PatientSex": "M",
    "PatientAge": "065Y",
    "StudyDate": "20210405",
    "AccessionNumber": "ACC-99",
    "InstitutionName": "Hospital of Žďár",
    "SeriesDescription": "abdomen of Jiří",
    "ContrastBolusAgent": "Agentol",
}
SECRETS = ("Dvořák", "Jiří", "4711", "1956-03-02", "2021-04-05", "65 years", "ACC-99", "Žďár", "Agentol")
FLAGS = {
    "liver": Flag("implausible_volume", "warning", "11 ml is unusual: adults have 800 to 2600 ml."),
    "kidney_left": Flag(
        "truncated", "note", "The organ touches the border & its <visible> part was measured."
    ),
}
CHECK = Flag("cropped_field", "note", "The scan shows only a part of the body.")
RUN = {
    "model": "organseg-ct-3mm",
    "version": "0.0.0",
    "engine_version": "9.8.7",
    "runtime": "torch",
    "device": "cpu",
    "precision": "fp32",
    "seconds": {"predict": 1.25, "measure": 0.5},
    "notes": [{"code": "clean.island", "sentence": "A separate piece of 9.2 ml named liver was left out."}],
    "checks": [asdict(CHECK)],
}


@pytest.fixture(scope="session")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A DICOM series whose folder is named after the patient."""
    scan, _ = two_organs()
    folder = write_dicom_series(scan, tmp_path_factory.mktemp("studies") / "Dvořák Jiří")
    for path in folder.iterdir():
        header = pydicom.dcmread(path)
        header.SpecificCharacterSet = "ISO_IR 192"
        for keyword, value in IDENTITY.items():
            setattr(header, keyword, value)
        header.Manufacturer, header.ManufacturerModelName = "ACME", "Scan 5 ≥ 3"
        header.KVP, header.ConvolutionKernel = "120", "Br38"
        header.save_as(path)
    return folder


@pytest.fixture(scope="session")
def found(study: Path) -> Segmentation:
    """A flagged liver, a flagged kidney, no spleen and no aorta."""
    scan = read_study(study)
    _, labelmap = two_organs()
    result = Segmentation.of(scan, Labelmap(labelmap.voxels, scan.grid, labelmap.organs))
    trust = [
        OrganTrust(organ.name, organ.label, (FLAGS[organ.name],) if organ.name in FLAGS else organ.flags)
        for organ in result.trust
    ]
    return replace(result, trust=trust, run=RUN)
