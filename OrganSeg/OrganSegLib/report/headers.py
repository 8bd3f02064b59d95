"""Who was scanned, and how: what the headers of the DICOM files, or the scan's grid, say."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ..ingest.dicom_file import lenient, read_head
from ..ingest.study import source_files
from ..volume import Scan
from .content import Pairs

Header = dict[str, str]  # DICOM keyword -> value as a person reads it; only what is stated

LONGEST = 100  # characters of a header's text that are shown
SEXES = {"M": "male", "F": "female", "O": "other"}
UNITS = {"D": "days", "W": "weeks", "M": "months", "Y": "years"}


def read_header(scan: Scan) -> Header:
    """What the scan's first file states; nothing for a scan that was no DICOM series.

    Raises:
        InputError: a zipped study is no longer what it was.
    """
    with source_files(scan.source) as files, lenient():
        if not files:
            return {}
        data = read_head(Path(files[0]), list(TOLD))
        stated = {keyword: data.get(keyword) for keyword in TOLD}
        told = {
            keyword: plain(TOLD[keyword](value)) for keyword, value in stated.items() if value is not None
        }
    return {keyword: text for keyword, text in told.items() if text}


def patient_facts(scan: Scan, header: Header) -> Pairs:
    """Patient and study, as far as the header says."""
    known = _stated(header, PATIENT)
    if not known:
        known = [("Patient", f"not known: the {scan.source.format} source does not say")]
    elif "PatientName" not in header:
        known.insert(0, ("Name", "not stated"))
    return Pairs(tuple(known), "Patient")


def patient_line(header: Header) -> str:
    """Name, birth date and ID in one line."""
    known = dict(_stated(header, PATIENT))
    parts = {"Name": "{}", "Born": "born {}", "ID": "ID {}"}
    return " · ".join(words.format(known[title]) for title, words in parts.items() if title in known)


def scan_facts(scan: Scan, header: Header, identity: bool) -> Pairs:
    """How the scan was made, without anything that could name the patient unless ``identity``."""
    grid, source = scan.grid, scan.source
    facts = _stated(header, TECHNICAL)
    if identity:
        facts += _stated(header, FREE_TEXT)
    facts += [
        ("Voxels", " × ".join(map(str, grid.size))),
        ("Voxel size", " × ".join(f"{mm:.3g}" for mm in grid.spacing_mm) + " mm"),
    ]
    name = f", {plain(Path(source.path).name)}" if identity else ""
    facts += [("Source", source.format + name)]
    return Pairs(tuple(facts), "Scan")


def plain(text: str) -> str:
    """A header's text as one printable line: nothing that could break a page or reverse its reading."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"


def _name(value: Any) -> str:
    """``Nováková^Jana^Marie`` -> ``Nováková, Jana Marie``."""
    family, given, middle, *_ = [*str(value).split("=")[0].split("^"), "", ""]
    return ", ".join(part for part in (family, f"{given} {middle}".strip()) if part) or str(value).strip("^")


def _date(value: Any) -> str:
    return re.sub(r"^(\d{4})(\d\d)(\d\d)$", r"\1-\2-\3", str(value).strip())


def _age(value: Any) -> str:
    """``065Y`` -> ``65 years``."""
    parts = re.fullmatch(r"(\d{3})([DWMY])", str(value).strip())
    return f"{int(parts[1])} {UNITS[parts[2]]}" if parts else str(value)


def _sex(value: Any) -> str:
    return SEXES.get(str(value).strip(), str(value))


def _words(value: Any) -> str:
    return str(value) if isinstance(value, str) else ", ".join(map(str, value))


PATIENT = {
    "PatientName": "Name",
    "PatientID": "ID",
    "PatientBirthDate": "Born",
    "PatientSex": "Sex",
    "PatientAge": "Age",
    "StudyDate": "Study date",
    "StudyDescription": "Study",
    "AccessionNumber": "Accession number",
    "InstitutionName": "Institution",
}
# What DICOM's rules for de-identification leave in a header (PS3.15 table E.1-1), and what they do not.
TECHNICAL = {
    "Manufacturer": "Scanner",
    "ManufacturerModelName": "Model",
    "KVP": "Tube voltage",
    "SliceThickness": "Slice thickness",
    "ConvolutionKernel": "Kernel",
}
FREE_TEXT = {"ContrastBolusAgent": "Contrast agent", "SeriesDescription": "Series"}
# How values are told.
TOLD: dict[str, Callable[[Any], str]] = {
    **dict.fromkeys((*PATIENT, *TECHNICAL, *FREE_TEXT), _words),
    "PatientName": _name,
    "PatientBirthDate": _date,
    "PatientSex": _sex,
    "PatientAge": _age,
    "StudyDate": _date,
    "KVP": lambda value: f"{value} kV",
    "SliceThickness": lambda value: f"{value} mm",
}


def _stated(header: Header, titles: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(title, header[keyword]) for keyword, title in titles.items() if keyword in header]
