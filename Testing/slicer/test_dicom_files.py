"""Volumes from DICOM: their files are found again, so that reports name the patient."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
import vtk
from OrganSegLib import dicom_seg
from OrganSegLib.dicom_ct import write_dicom_series
from OrganSegLib.formats import Choices
from OrganSegLib.ingest.known_files import source_of
from OrganSegLib.organs import catalogue
from OrganSegLib.phantom import make_phantom
from OrganSegLib.pipeline import Segmentation
from OrganSegLib.volume import Grid, Labelmap

PATIENT = {"PatientName": "Nováková^Jana", "PatientID": "4711", "StudyDate": "20240506"}
IDENTIFIERS = ("SOPInstanceUID", "SeriesInstanceUID", "StudyInstanceUID", "FrameOfReferenceUID")


@pytest.fixture
def series(tmp_path: Path) -> Path:
    grid = Grid((20, 24, 12), (14.0, 12.0, 20.0), (-140.0, -150.0, 40.0))
    return write_dicom_series(make_phantom(seed=5, grid=grid)[0], tmp_path / "series", PATIENT)


@pytest.fixture
def volume(slicer: Any, series: Path) -> Any:
    from Testing.slicer_environment.dicom import load_dicom_series

    assert slicer
    return load_dicom_series(series)


def test_the_files_of_a_volume_are_its_slices(volume: Any) -> None:
    from OrganSegSlicer.volumes import dicom_files, scan_of

    files = dicom_files(volume)
    assert len(files) == 12
    source = source_of([Path(file) for file in files], scan_of(volume).grid)
    assert source is not None
    assert source.files == files


def test_a_study_without_identifiers_keeps_its_patient(slicer: Any, series: Path, tmp_path: Path) -> None:
    """No DICOM database takes its files: the user loads them as data."""
    from OrganSegSlicer.volumes import dicom_files, scan_of

    names = vtk.vtkStringArray()
    for file in sorted(series.iterdir()):
        image = pydicom.dcmread(file)
        for keyword in IDENTIFIERS:
            setattr(image, keyword, "")
        image.save_as(file)
        names.InsertNextValue(str(file))
    volume = slicer.modules.volumes.logic().AddArchetypeVolume(names.GetValue(0), "CT", 0, names)
    files, scan = dicom_files(volume), scan_of(volume)
    assert sorted(files) == sorted(str(file) for file in series.iterdir())
    source = source_of([Path(file) for file in files], scan.grid)
    assert source is not None
    labels = np.zeros(scan.grid.shape, np.uint8)
    labels[4:7, 5:15, 5:15] = 1
    labelmap = Labelmap(labels, scan.grid, {1: catalogue()["liver"]})
    found = Segmentation.of(replace(scan, source=source), labelmap, {}, {"notes": []})
    assert dicom_seg.write(found, tmp_path, Choices()) == ["segmentation.dcm", "dicom"]
    for written in (tmp_path / "segmentation.dcm", tmp_path / "dicom" / "0001.dcm"):
        image = pydicom.dcmread(written)
        assert {keyword: str(image[keyword].value) for keyword in PATIENT} == PATIENT
    (note,) = found.run["notes"]
    assert "lacks identifiers" in note["sentence"]


def test_a_volume_that_was_moved_is_not_its_files(slicer: Any, volume: Any) -> None:
    from OrganSegSlicer.volumes import dicom_files, scan_of

    moved = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    matrix = vtk.vtkMatrix4x4()
    matrix.SetElement(0, 3, 5.0)
    moved.SetMatrixTransformToParent(matrix)
    volume.SetAndObserveTransformNodeID(moved.GetID())
    assert source_of([Path(file) for file in dicom_files(volume)], scan_of(volume).grid) is None


def test_files_that_are_gone_are_not_named(slicer: Any, volume: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from OrganSegSlicer.volumes import dicom_files

    Path(dicom_files(volume)[3]).unlink()
    assert dicom_files(volume) == ()
    volume.SetAttribute("DICOM.instanceUIDs", "1.2.3 4.5.6")
    assert dicom_files(volume) == ()
    volume.RemoveAttribute("DICOM.instanceUIDs")
    assert dicom_files(volume) == ()
    monkeypatch.delattr(slicer, "dicomDatabase")
    volume.SetAttribute("DICOM.instanceUIDs", "1.2.3")
    assert dicom_files(volume) == ()
