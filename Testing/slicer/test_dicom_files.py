"""Volumes from DICOM: their files are found again, so that reports name the patient."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import vtk
from OrganSegLib.ingest.known_files import source_of
from OrganSegLib.phantom import make_phantom, write_dicom_series
from OrganSegLib.volume import Grid


@pytest.fixture
def volume(slicer: Any, tmp_path: Path) -> Any:
    from Testing.slicer_environment.dicom import load_dicom_series

    assert slicer
    grid = Grid((20, 24, 12), (14.0, 12.0, 20.0), (-140.0, -150.0, 40.0))
    return load_dicom_series(write_dicom_series(make_phantom(seed=5, grid=grid)[0], tmp_path / "series"))


def test_the_files_of_a_volume_are_its_slices(volume: Any) -> None:
    from OrganSegSlicer.volumes import dicom_files, scan_of

    files = dicom_files(volume)
    assert len(files) == 12
    source = source_of([Path(file) for file in files], scan_of(volume).grid)
    assert source is not None
    assert source.files == files


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
