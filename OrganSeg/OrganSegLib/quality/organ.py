"""Reasons to doubt an organ that was segmented, or not found."""

from __future__ import annotations

from collections.abc import Sequence

from ..measure import OrganMeasurements
from ..organs import Organ
from ..volume import Labelmap, Scan
from .kinds import Flag, OrganTrust

ABSENT = Flag("absent", "note", "This organ was not found in the scan.")


def assess(scan: Scan, labelmap: Labelmap, measurements: Sequence[OrganMeasurements]) -> list[OrganTrust]:
    """Judge every organ that was measured, in the same order.

    Args:
        scan, labelmap: on one grid.
        measurements: of the organs in ``labelmap.organs``.
    """
    return [
        OrganTrust(found.name, found.label, _flags(found, labelmap.organs.get(found.label)))
        for found in measurements
    ]


def _flags(found: OrganMeasurements, organ: Organ | None) -> tuple[Flag, ...]:
    if found.status == "absent":
        return (ABSENT,)
    flags = []
    if found.truncated:
        sentence = "The organ touches the border of the scan: its volume is that of the visible part."
        flags.append(Flag("truncated", "note", sentence))
    if organ and organ.volume_ml:
        low, high = organ.volume_ml
        if found.volume_ml > high or (found.volume_ml < low and not found.truncated):
            sentence = f"{found.volume_ml:.0f} ml is unusual: adults have {low:.0f} to {high:.0f} ml."
            flags.insert(0, Flag("implausible_volume", "warning", sentence))
    return tuple(flags)
