"""The labels as a DICOM segmentation for archives and planning systems (DICOM PS3.3 A.51), by highdicom."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from . import __version__
from .dicom_source import ct_images
from .formats import Choices, tell
from .ingest.dicom_file import lenient

if TYPE_CHECKING:
    from highdicom.seg import Segmentation as SegImage
    from highdicom.seg import SegmentDescription

    from .organs import Code, Organ
    from .pipeline import Segmentation

NAME = "segmentation.dcm"
SERIES_NUMBER = 901
NO_DATE, NO_TIME = "19000101", "000000"  # where there must be one and nobody shall know it


def write(found: Segmentation, folder: Path, choices: Choices) -> list[str]:
    """Write ``segmentation.dcm``, type ``BINARY``: one segment per organ that was found, in label order.

    Its frames lie on the slices of the images that it refers to: see `dicom_source.ct_images`.

    Raises:
        OSError: the disk refuses.
    """
    labels = [organ.label for organ in found.measurements if organ.extent]
    if not labels:
        tell(found, "output.no_organ", f"No organ was found, so there is no {NAME}.")
        return []
    images = ct_images(found, folder, choices)
    numbers = np.zeros(int(found.labelmap.voxels.max()) + 1, np.uint8 if len(labels) < 256 else np.uint16)
    numbers[labels] = np.arange(1, len(labels) + 1)
    logging.getLogger("highdicom").setLevel(logging.ERROR)  # its warnings quote the patient's name
    with lenient():
        image = _image(found, images.headers, numbers[found.labelmap.voxels], labels)
        if not choices.identity:
            _forget_when(image)
        image.save_as(folder / NAME)
    return [NAME, *images.written]


def _image(found: Segmentation, headers: list[Any], segments: Any, labels: list[int]) -> SegImage:
    from highdicom.seg import Segmentation as SegImage
    from pydicom.uid import generate_uid

    organs = [found.labelmap.organs[label] for label in labels]
    return SegImage(
        source_images=headers,
        pixel_array=segments,
        segmentation_type="BINARY",
        segment_descriptions=[_segment(n, organ, found.run) for n, organ in enumerate(organs, 1)],
        series_instance_uid=generate_uid(),
        series_number=SERIES_NUMBER,
        sop_instance_uid=generate_uid(),
        instance_number=1,
        manufacturer="OrganSeg",
        manufacturer_model_name="OrganSeg",
        software_versions=__version__,
        device_serial_number="none",
        content_label="ORGANS",
        content_description="Organs in CT. Research software, not a medical device",
        series_description="OrganSeg organs",
    )


def _segment(number: int, organ: Organ, run: dict[str, Any]) -> SegmentDescription:
    from highdicom import AlgorithmIdentificationSequence
    from highdicom.color import CIELabColor
    from highdicom.seg import SegmentDescription
    from pydicom.sr.codedict import codes

    model = " ".join(str(run[key]) for key in ("model", "version") if run.get(key))
    segment = SegmentDescription(
        segment_number=number,
        segment_label=organ.title,
        segmented_property_category=_concept(organ.category),
        segmented_property_type=_concept(organ.code),
        algorithm_type="AUTOMATIC",
        algorithm_identification=AlgorithmIdentificationSequence(
            name="OrganSeg",
            family=codes.DCM.ArtificialIntelligence,
            version=__version__,
            source="OrganSeg",
            parameters={"model": model} if model else None,
        ),
        display_color=CIELabColor.from_rgb(*organ.colour),
        anatomic_regions=[_concept(organ.region)] if organ.region else None,
    )
    if organ.modifier:
        (kind,) = segment.SegmentedPropertyTypeCodeSequence
        kind.SegmentedPropertyTypeModifierCodeSequence = [_concept(organ.modifier)]
    if organ.region_modifier:
        (region,) = segment.AnatomicRegionSequence
        region.AnatomicRegionModifierSequence = [_concept(organ.region_modifier)]
    return segment


def _concept(code: Code) -> Any:
    from highdicom.sr import CodedConcept

    return CodedConcept(code.value, code.scheme, code.meaning)


def _forget_when(image: SegImage) -> None:
    """Take out when the segmentation was made, which is soon after the scan."""
    image["ContentDate"].value, image["ContentTime"].value = NO_DATE, NO_TIME
    for keyword in ("InstanceCreationDate", "InstanceCreationTime", "ContributingEquipmentSequence"):
        image.pop(keyword, None)
    image.LongitudinalTemporalInformationModified = "REMOVED"
