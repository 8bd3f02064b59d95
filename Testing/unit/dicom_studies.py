"""Studies and segmentations of them, for the tests of what is written as DICOM."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray
from OrganSegLib import dicom_ct
from OrganSegLib.ingest import read_study
from OrganSegLib.pipeline import Segmentation
from OrganSegLib.volume import Grid, Labelmap
from pydicom.dataset import Dataset

from Testing.unit.shapes import ORGANS, ball, two_organs

RUN = {"model": "tiny", "version": "7"}
PATIENT = {
    "PatientName": "Müller^Jürgen",
    "PatientID": "4711",
    "PatientBirthDate": "19500203",
    "PatientSex": "M",
    "StudyInstanceUID": "1.2.276.4711.1",
    "FrameOfReferenceUID": "1.2.276.4711.2",
    "StudyDate": "20240506",
    "StudyTime": "070809",
    "StudyID": "S-77",
    "StudyDescription": "Abdomen staging",
    "AccessionNumber": "A-1234",
    "ReferringPhysicianName": "Doctor^Who",
    "SeriesDescription": "venous 2.0",
}


def dicom_study(folder: Path, direction: str = "straight") -> Path:
    """A complete CT series of a patient with a name."""
    return dicom_ct.write_dicom_series(two_organs(direction)[0], folder, PATIENT)


def segmented(study: Path) -> Segmentation:
    """Liver and left kidney, where `two_organs` has them in the patient; spleen and aorta are absent."""
    scan = read_study(study)
    return Segmentation.of(scan, Labelmap(_labels(scan.grid), scan.grid, ORGANS), run={**RUN, "notes": []})


def headers(folder: Path) -> list[Dataset]:
    """Of the files in a folder, by name."""
    return [pydicom.dcmread(file) for file in sorted(folder.iterdir())]


def complaints(file: Path) -> list[str]:
    """What dciodvfy finds wrong with a DICOM file; skips the test where it is not installed."""
    if shutil.which("dciodvfy") is None:
        pytest.skip("dciodvfy (Debian's dicom3tools) is not installed")
    told = subprocess.run(["dciodvfy", str(file)], capture_output=True, text=True, check=False)
    lines = (told.stdout + told.stderr).splitlines()
    assert lines, "dciodvfy names at least the kind of object"
    return [line for line in lines if line.startswith("Error")]


def _labels(grid: Grid) -> NDArray[np.uint8]:
    labels = np.zeros(grid.shape, np.uint8)
    labels[ball(grid, (-8.0, -20.0, 300.0), 14.0)] = 1
    labels[ball(grid, (26.0, -24.0, 304.0), 9.0)] = 2
    return labels
