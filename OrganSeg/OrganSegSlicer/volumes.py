"""A volume node as the engine's scan, at its real place in the patient. The node itself is never changed."""

from pathlib import Path

import numpy as np
import slicer
import vtk
from OrganSegLib.errors import InputError
from OrganSegLib.ingest.hounsfield import AIR_HU
from OrganSegLib.ingest.memory_volume import read_array
from OrganSegLib.volume import Scan
from slicer.i18n import tr as _
from slicer.util import arrayFromVTKMatrix
from vtk.util.numpy_support import vtk_to_numpy

from .spaces import FLIP

# Attributes that Slicer's DICOM import gives: to subject hierarchy items, and to volumes.
MODALITY, INSTANCES = "DICOM.Modality", "DICOM.instanceUIDs"


def scan_of(volume_node) -> Scan:
    """The volume in the patient, all its parent transforms applied to a copy.

    Raises:
        InputError: ``input.no_volume``, and as `read_array`.
    """
    if volume_node is None or volume_node.GetImageData() is None:
        raise InputError(
            "input.no_volume", _("No CT volume was chosen."), _("Load a CT study and choose it.")
        )
    image = in_world(volume_node)
    return read_array(array_of(image), FLIP @ image_to_world(image), modality(volume_node))


def in_world(volume_node):
    """The volume's voxels in world coordinates; only a non-linear transform needs them resampled."""
    image = in_node_space(volume_node)
    transform = vtk.vtkGeneralTransform()
    parent = volume_node.GetParentTransformNode()
    slicer.vtkMRMLTransformNode.GetTransformBetweenNodes(parent, None, transform)
    resample = slicer.vtkOrientedImageDataResample
    resample.TransformOrientedImage(image, transform, False, False, True, [AIR_HU] * 4)
    return image


def in_node_space(volume_node):
    """The volume's voxels, not copied, where its IJK-to-RAS matrix puts them."""
    image = slicer.vtkOrientedImageData()
    image.ShallowCopy(volume_node.GetImageData())
    matrix = vtk.vtkMatrix4x4()
    volume_node.GetIJKToRASMatrix(matrix)
    image.SetGeometryFromImageToWorldMatrix(matrix)
    return image


def array_of(image):
    """The image's voxels, [k, j, i], or [k, j, i, component] where there are several values per voxel."""
    scalars = vtk_to_numpy(image.GetPointData().GetScalars())
    return scalars.reshape(image.GetDimensions()[::-1] + scalars.shape[1:])


def image_to_world(image):
    """4x4 matrix from the index in `array_of` (i, j, k, 1) to the space of the image."""
    matrix = vtk.vtkMatrix4x4()
    image.GetImageToWorldMatrix(matrix)
    first = np.eye(4)
    first[:3, 3] = image.GetExtent()[::2]
    return arrayFromVTKMatrix(matrix) @ first


def modality(volume_node) -> str:
    """The DICOM modality, or ``""`` where the volume did not come from DICOM."""
    hierarchy = slicer.mrmlScene.GetSubjectHierarchyNode()
    item = hierarchy.GetItemByDataNode(volume_node) if hierarchy else 0
    return hierarchy.GetItemAttribute(item, MODALITY) if item else ""


def dicom_files(volume_node) -> tuple[str, ...]:
    """The files that the volume was loaded from, where all of them are known and still there.

    Slicer's DICOM database knows those that it imported. It takes none without identifiers: they are loaded
    as data, and the volume's storage node knows them.
    """
    uids = (volume_node.GetAttribute(INSTANCES) or "").split()
    for files in (_in_database(uids), _in_storage(volume_node.GetStorageNode())):
        if files and all(file and Path(file).is_file() for file in files):
            return files
    return ()


def _in_database(uids) -> tuple[str, ...]:
    if not hasattr(slicer, "dicomDatabase"):  # Slicer can be built without DICOM
        return ()
    if slicer.dicomDatabase is None or not slicer.dicomDatabase.isOpen:
        return ()
    return tuple(slicer.dicomDatabase.fileForInstance(uid) for uid in uids)


def _in_storage(storage_node) -> tuple[str, ...]:
    if storage_node is None:
        return ()
    count = storage_node.GetNumberOfFileNames()
    return tuple(storage_node.GetFullNameFromNthFileName(n) for n in range(count))


def shown_volume():
    """The scalar volume in the slice views, or else the only one of the scene, or None."""
    for composite in slicer.util.getNodesByClass("vtkMRMLSliceCompositeNode"):
        volume = slicer.mrmlScene.GetNodeByID(composite.GetBackgroundVolumeID() or "")
        if volume is not None and volume.GetClassName() == "vtkMRMLScalarVolumeNode":
            return volume
    volumes = slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode")
    listed = [node for node in volumes if node.GetClassName() == "vtkMRMLScalarVolumeNode"]
    listed = [node for node in listed if not node.GetHideFromEditors()]
    return listed[0] if len(listed) == 1 else None
