"""The organs' outlines as a DICOM structure set for radiotherapy planning (DICOM PS3.3 A.19)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .dicom_ct import EQUIPMENT
from .dicom_headers import PATIENT, anonymity
from .dicom_source import ct_images
from .formats import Choices, tell
from .ingest.dicom_file import lenient
from .outlines import Loop, outlines

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

    from .organs import Organ
    from .pipeline import Segmentation

NAME = "rtstruct.dcm"
SERIES_NUMBER = 902
STUDY_CLASS = "1.2.840.10008.3.1.2.3.1"  # what structure sets still call a study


def write(found: Segmentation, folder: Path, choices: Choices) -> list[str]:
    """Write ``rtstruct.dcm``: the outlines of each organ that was found on the slices of the CT.

    The images that they refer to: see `dicom_source.ct_images`.

    Raises:
        OSError: the disk refuses.
    """
    organs = [organ for organ in found.measurements if organ.extent]
    if not organs:
        tell(found, "output.no_organ", f"No organ was found, so there is no {NAME}.")
        return []
    images = ct_images(found, folder, choices)
    affine = found.labelmap.grid.affine
    with lenient():
        structures = _structure_set(images.headers, choices.identity)
        for number, organ in enumerate(organs, 1):
            contours = []
            for k, loop in outlines(found.labelmap.voxels, organ.label, organ.extent or ()):
                points = np.insert(loop, 2, k, axis=1) @ affine[:3, :3].T + affine[:3, 3]
                contours.append(_contour(points, images.headers[k]))
            _add(structures, number, found.labelmap.organs[organ.label], contours)
        structures.save_as(folder / NAME, enforce_file_format=True)
    return [NAME, *images.written]


def _structure_set(images: Sequence[Dataset], identity: bool) -> Dataset:
    """A structure set without structures."""
    from pydicom.dataset import FileMetaDataset
    from pydicom.uid import ImplicitVRLittleEndian, RTStructureSetStorage, generate_uid

    first, now = images[0], datetime.now()
    patient = {keyword: first[keyword].value for keyword in PATIENT if keyword in first}
    structures = _item(
        SpecificCharacterSet="ISO_IR 192",
        **(patient if identity else patient | anonymity()),
        **EQUIPMENT,
        SOPClassUID=RTStructureSetStorage,
        SOPInstanceUID=generate_uid(),
        StudyInstanceUID=first.StudyInstanceUID,
        SeriesInstanceUID=generate_uid(),
        SeriesNumber=SERIES_NUMBER,
        SeriesDescription="OrganSeg organs",
        Modality="RTSTRUCT",
        OperatorsName="",
        InstanceNumber=1,
        FrameOfReferenceUID=first.FrameOfReferenceUID,
        PositionReferenceIndicator="",
        StructureSetLabel="OrganSeg",
        StructureSetDescription="Organs in CT. Research software, not a medical device.",
        StructureSetDate=now.strftime("%Y%m%d") if identity else "",
        StructureSetTime=now.strftime("%H%M%S") if identity else "",
        ApprovalStatus="UNAPPROVED",
        ReferencedFrameOfReferenceSequence=[_space(images)],
        StructureSetROISequence=[],
        ROIContourSequence=[],
        RTROIObservationsSequence=[],
    )
    structures.file_meta = FileMetaDataset()
    structures.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian  # an explicit one ends contours at 64 KiB
    return structures


def _space(images: Sequence[Dataset]) -> Dataset:
    """The frame of reference, the study and the series that the outlines are drawn in."""
    first = images[0]
    series = _item(SeriesInstanceUID=first.SeriesInstanceUID, ContourImageSequence=[*map(_reference, images)])
    study = _item(
        ReferencedSOPClassUID=STUDY_CLASS,
        ReferencedSOPInstanceUID=first.StudyInstanceUID,
        RTReferencedSeriesSequence=[series],
    )
    return _item(FrameOfReferenceUID=first.FrameOfReferenceUID, RTReferencedStudySequence=[study])


def _add(structures: Dataset, number: int, organ: Organ, contours: list[Dataset]) -> None:
    structures.StructureSetROISequence.append(
        _item(
            ROINumber=number,
            ReferencedFrameOfReferenceUID=structures.FrameOfReferenceUID,
            ROIName=organ.title,
            ROIGenerationAlgorithm="AUTOMATIC",
        )
    )
    structures.ROIContourSequence.append(
        _item(ROIDisplayColor=[*organ.colour], ReferencedROINumber=number, ContourSequence=contours)
    )
    code = _item(
        CodeValue=organ.code.value,
        CodingSchemeDesignator=organ.code.scheme,
        CodeMeaning=organ.code.meaning,
    )
    structures.RTROIObservationsSequence.append(
        _item(
            ObservationNumber=number,
            ReferencedROINumber=number,
            RTROIIdentificationCodeSequence=[code],
            RTROIInterpretedType="ORGAN",
            ROIInterpreter="",
        )
    )


def _contour(points: Loop, image: Dataset) -> Dataset:
    """A closed loop of points [n, 3] in LPS millimetres on an image."""
    from pydicom.dataelem import DataElement

    contour = _item(
        ContourImageSequence=[_reference(image)],
        ContourGeometricType="CLOSED_PLANAR",
        NumberOfContourPoints=len(points),
    )
    # As one text: pydicom would take each of a million numbers for an object of its own.
    text = "\\".join(f"{value:.3f}" for value in points.ravel())
    contour.add(DataElement("ContourData", "DS", text, already_converted=True))
    return contour


def _reference(image: Dataset) -> Dataset:
    return _item(ReferencedSOPClassUID=image.SOPClassUID, ReferencedSOPInstanceUID=image.SOPInstanceUID)


def _item(**values: Any) -> Dataset:
    from pydicom.dataset import Dataset

    item = Dataset()
    for keyword, value in values.items():
        setattr(item, keyword, value)
    return item
