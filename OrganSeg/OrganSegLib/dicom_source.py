"""Which CT images a DICOM result belongs to: the study's own, or a series that is written beside the result.

A DICOM segmentation names the images that it was made from. Where the study has none that others could find
by their names (it is not DICOM, lacks identifiers, was resampled, or shall stay anonymous), the CT is written
as a new series, and the result names that.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .dicom_ct import decimal, write_slices
from .dicom_headers import IDENTIFIERS, PATIENT, SCAN, SERIES, SHARED, anonymity, read_known, uid
from .formats import DICOM_FOLDERS, Choices, tell
from .ingest.dicom_file import lenient
from .ingest.headers import Frame, read_header
from .ingest.stack import Stack
from .ingest.study import source_files
from .volume import Scan

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

    from .pipeline import Segmentation

SERIES_NUMBER = 900


@dataclass(frozen=True)
class Images:
    """CT images that a result can refer to.

    Attributes:
        headers: one data set per slice of the labels, without pixels, in the order of the grid's k axis.
        written: names in the result folder of what was written for it.
    """

    headers: list[Dataset]
    written: list[str]


def ct_images(found: Segmentation, folder: Path, choices: Choices) -> Images:
    """The study's own images, or those of a CT series that is written into ``folder`` and told about.

    The same scan always gets the same UIDs, so that results that are written one after the other agree.

    Raises:
        OSError: the disk refuses.
        InputError: a zipped study is no longer what it was.
    """
    with source_files(found.scan.source) as files:
        headers = [read_known(Path(file)) for file in files]
        frames = [frame for file in files for frame in read_header(Path(file)).frames]
    reason = _why_not(headers, frames) if choices.identity else "nobody shall know who the patient is"
    if not reason:
        for header in headers:  # results have to state it, though not every scanner does
            if not header.get("SliceThickness"):
                header.SliceThickness = decimal(found.scan.grid.spacing_mm[2])
        return Images(headers, [])
    name = DICOM_FOLDERS[0 if choices.identity else 1]
    sentence = (
        f"The CT was written as DICOM, too (folder '{name}'), because {reason}. "
        "The DICOM results belong to these images: pass them on together."
    )
    tell(found, "output.ct_series", sentence)
    (folder / name).mkdir(exist_ok=True)
    about = _about(found.scan, headers[0] if headers else None, choices.identity)
    with lenient():
        return Images(write_slices(found.scan, folder / name, about), [name])


def _why_not(headers: Sequence[Dataset], frames: Sequence[Frame]) -> str:
    """Why results cannot refer to the study's own images; empty where they can."""
    if not headers:
        return "the study is not DICOM"
    if len(frames) != len(headers):
        return "the study keeps its slices in one file"
    stack = Stack.of(frames)
    if stack.uneven or stack.sheared:
        return "its slices were resampled to a straight, even grid"
    lacking = [keyword for keyword in IDENTIFIERS if not all(uid(one, keyword) for one in headers)]
    if lacking:
        return f"the study lacks identifiers ({', '.join(lacking)}), which were made anew"
    if len({uid(one, "SOPInstanceUID") for one in headers}) < len(headers):
        return "several of its images have the same identifier"
    if any(len({uid(one, keyword) for one in headers}) > 1 for keyword in SHARED):
        return "its images contradict each other about the study that they belong to"
    return ""


def _about(scan: Scan, header: Dataset | None, identity: bool) -> dict[str, Any]:
    """What the new series says of patient, study and itself: see `dicom_ct.ct_slices`.

    A patient whose name is not known or not told gets one that follows from the voxels: nobody is then taken
    for somebody else.
    """
    from pydicom.uid import generate_uid

    digest = hashlib.sha256(np.ascontiguousarray(scan.voxels).data)
    digest.update((np.round(scan.grid.affine, 2) + 0.0).tobytes())  # no -0
    known = (*PATIENT, *SERIES, *SCAN) if identity else SCAN
    about: dict[str, Any] = {}
    if header is not None:
        about = {keyword: header[keyword].value for keyword in known if keyword in header}
    if not identity or header is None:
        name = digest.hexdigest()[:12]
        about |= {"PatientName": f"OrganSeg^{name}", "PatientID": f"OrganSeg-{name}"}
    if not identity:
        about |= anonymity()
    digest.update(repr(sorted(about.items(), key=str)).encode())
    about |= {keyword: generate_uid(entropy_srcs=[digest.hexdigest(), keyword]) for keyword in SHARED}
    if identity and header is not None:
        kept = {keyword: uid(header, keyword) for keyword in ("StudyInstanceUID", "FrameOfReferenceUID")}
        about |= {keyword: value for keyword, value in kept.items() if value}
    return about | {"SeriesNumber": SERIES_NUMBER}
