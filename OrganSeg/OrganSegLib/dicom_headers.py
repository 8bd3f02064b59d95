"""What the files of a DICOM study say that results may repeat, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from .dicom_ct import UNKNOWN
from .ingest.dicom_file import lenient, read_head

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

SHARED = ("SeriesInstanceUID", "StudyInstanceUID", "FrameOfReferenceUID")
IDENTIFIERS = ("SOPClassUID", "SOPInstanceUID", *SHARED)
PATIENT = (
    *("PatientName", "PatientID", "IssuerOfPatientID", "PatientBirthDate", "PatientSex", "PatientAge"),
    *("StudyDate", "StudyTime", "StudyID", "StudyDescription", "AccessionNumber", "ReferringPhysicianName"),
)
SERIES = ("SeriesDescription", "PositionReferenceIndicator")
SCAN = (  # DICOM PS3.15 E.1 lets these stay when nobody shall know who the patient is
    "PatientPosition",
    *("LossyImageCompression", "LossyImageCompressionRatio", "LossyImageCompressionMethod"),
)
PLACE = (
    *("Rows", "Columns", "PixelSpacing", "SliceThickness"),
    *("ImagePositionPatient", "ImageOrientationPatient"),
)
ALLOWED = {"PatientSex": ("F", "M", "O"), "LossyImageCompression": ("00", "01")}
FIXED_FORM = ("AS", "CS", "DA", "DS", "TM")  # value representations that not every text is a value of


def read_known(path: Path) -> Dataset:
    """The header of a CT image: identifiers, patient and place, with text in UTF-8.

    What DICOM asks for and the file does not state is there, empty; so is what has not the form that DICOM
    asks for, since others would stumble over it.

    Raises:
        Exception: whatever pydicom meets in a damaged file; there is no common base class.
    """
    from pydicom.dataset import Dataset

    with lenient():
        stated = read_head(path, (*IDENTIFIERS, *PATIENT, *SERIES, *SCAN, *PLACE, "SpecificCharacterSet"))
        header = Dataset()
        header.SpecificCharacterSet, header.Modality = "ISO_IR 192", "CT"
        for keyword in (*IDENTIFIERS, *PLACE):
            if keyword in stated:
                header.add(stated[keyword])
        for keyword in (*PATIENT, *SERIES, *SCAN):
            if (value := _text(stated, keyword)) or keyword in UNKNOWN:
                setattr(header, keyword, value)
    return header


def anonymity() -> dict[str, Any]:
    """What to say instead of the patient's name: DICOM PS3.15 E.2, the basic confidentiality profile."""
    from pydicom.dataset import Dataset

    profile = Dataset()
    profile.CodeValue, profile.CodingSchemeDesignator = "113100", "DCM"
    profile.CodeMeaning = "Basic Application Confidentiality Profile"
    return {
        "PatientIdentityRemoved": "YES",
        "DeidentificationMethod": "OrganSeg: new headers, only the position was kept",
        "DeidentificationMethodCodeSequence": [profile],
        "LongitudinalTemporalInformationModified": "REMOVED",
    }


def uid(header: Dataset, keyword: str) -> str:
    """An identifier, empty where the header states none or an invalid one."""
    from pydicom.uid import UID

    stated = UID(str(header.get(keyword, "")))
    return str(stated) if stated.is_valid else ""


def _text(stated: Dataset, keyword: str) -> str:
    from pydicom import config
    from pydicom.datadict import dictionary_VR
    from pydicom.multival import MultiValue
    from pydicom.valuerep import validate_value

    value: Any = stated.get(keyword)
    value = "" if value is None else value
    kind = dictionary_VR(keyword)
    # A backslash parts values; highdicom takes one name only.
    parting = " " if kind == "PN" else "\\"
    text = parting.join(map(str, value)) if isinstance(value, MultiValue) else str(value).strip()
    try:
        if kind in FIXED_FORM:
            validate_value(kind, text, config.RAISE)
    except ValueError:
        return ""
    return "" if text not in ALLOWED.get(keyword, (text,)) else text
