"""Reasons to doubt a whole scan."""

from __future__ import annotations

from collections.abc import Sequence

from ..measure import OrganMeasurements
from ..volume import Labelmap, Scan
from .kinds import Flag


def check_scan(scan: Scan, labelmap: Labelmap, measurements: Sequence[OrganMeasurements]) -> list[Flag]:
    """What of the scan itself may mislead segmentation and measurements."""
    cut = [found.name for found in measurements if found.truncated]
    if len(cut) <= len(labelmap.organs) / 2 or not cut:
        return []
    sentence = f"The scan shows only a part of the body: it cuts off {len(cut)} organs."
    return [Flag("cropped_field", "note", sentence)]
