"""What a scan's headers tell that results may depend on: scanner, contrast, slice thickness."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pydicom
from OrganSegLib.volume import Scan

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


def _text(element: pydicom.DataElement) -> str:
    return " ".join(map(str, element.value)) if element.VM > 1 else str(element.value)
