"""A DICOM series as the volume that Slicer's DICOM module would make of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import vtk

from .launch import launch


def load_dicom_series(folder: Path) -> Any:
    """Load all files of ``folder`` as one volume, placed under its patient and study in the data tree.

    Raises:
        FileNotFoundError: the folder holds no DICOM file.
        RuntimeError: Slicer's reader refuses the files.
    """
    import pydicom
    from pydicom.misc import is_dicom

    slicer = launch()
    files = [path for path in folder.iterdir() if path.is_file() and is_dicom(path)]
    if not files:
        raise FileNotFoundError(f"no DICOM files in {folder}")
    headers = {path: pydicom.dcmread(path, stop_before_pixels=True) for path in files}
    files.sort(key=lambda path: _along_normal(headers[path]))
    names = vtk.vtkStringArray()
    for path in files:
        names.InsertNextValue(str(path))
        slicer.dicomDatabase.insert(path, str(headers[path].SOPInstanceUID))
    header = headers[files[0]]
    description = str(header.get("SeriesDescription", "") or folder.name)
    volume = slicer.modules.volumes.logic().AddArchetypeVolume(str(files[0]), description, 0, names)
    if volume is None:
        raise RuntimeError(f"Slicer cannot read {folder} as a volume")
    uids = [str(headers[path].SOPInstanceUID) for path in files]
    volume.SetAttribute("DICOM.instanceUIDs", " ".join(uids))
    _place_in_patient(slicer, volume, header)
    slicer.app.applicationLogic().GetSelectionNode().SetActiveVolumeID(volume.GetID())
    slicer.app.applicationLogic().PropagateVolumeSelection()
    return volume


def _along_normal(header: Any) -> float:
    """Where the slice lies, in the order in which Slicer stacks them."""
    row, column = np.reshape(header.ImageOrientationPatient, (2, 3)).astype(float)
    return float(np.cross(row, column) @ np.array(header.ImagePositionPatient, float))


def _place_in_patient(slicer: Any, volume: Any, header: Any) -> None:
    hierarchy = slicer.mrmlScene.GetSubjectHierarchyNode()
    patient = hierarchy.CreateSubjectItem(hierarchy.GetSceneItemID(), "Patient")
    study = hierarchy.CreateStudyItem(patient, "Study")
    item = hierarchy.CreateItem(study, volume)
    hierarchy.SetItemAttribute(item, "DICOM.Modality", str(header.get("Modality", "")))
