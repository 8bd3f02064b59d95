"""What results may depend on, as a scan's headers tell it: scanner, slice thickness, contrast."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pydicom
from OrganSegLib.volume import Scan

STRATA = ("scanner", "slice thickness", "contrast")
THICKNESSES_MM = (1.5, 3.0, 5.0)
KEYWORDS = {
    "Manufacturer": "manufacturer",
    "ManufacturerModelName": "model",
    "KVP": "kvp",
    "ConvolutionKernel": "kernel",
    "ContrastBolusAgent": "contrast",
}


def scan_facts(scan: Scan) -> dict[str, Any]:
    """JSON-ready facts about the scanner and the protocol; nothing about the patient.

    Image files tell the slice spacing alone. A series without `contrast` was taken without, or does not say.
    """
    facts: dict[str, Any] = {"slice_spacing_mm": round(scan.grid.spacing_mm[2], 4)}
    file = next(map(Path, scan.source.files), None)
    if file and file.exists():  # files of a zip are gone by now
        header = pydicom.dcmread(file, stop_before_pixels=True, force=True)
        facts |= {ours: _text(header[keyword]) for keyword, ours in KEYWORDS.items() if header.get(keyword)}
    return facts


def strata_of(facts: dict[str, Any]) -> dict[str, str]:
    """Kind of `STRATA` -> the group that a scan belongs to, as far as `scan_facts` or its reader know it."""
    strata = {}
    if facts.get("manufacturer"):
        strata["scanner"] = str(facts["manufacturer"])
    if "slice_spacing_mm" in facts:
        strata["slice thickness"] = _thickness(float(facts["slice_spacing_mm"]))
    if facts.get("contrast"):
        strata["contrast"] = str(facts["contrast"])
    return strata


def _text(element: pydicom.DataElement) -> str:
    return " ".join(map(str, element.value)) if element.VM > 1 else str(element.value)


def _thickness(mm: float) -> str:
    for limit in THICKNESSES_MM:
        if mm <= limit:
            return f"up to {limit:g} mm"
    return f"above {THICKNESSES_MM[-1]:g} mm"
