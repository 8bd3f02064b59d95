"""Reasons to doubt an organ that was segmented, or not found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ..measure import OrganMeasurements
from ..organs import Organ
from ..volume import Labelmap, Scan
from .kinds import Flag, OrganTrust

if TYPE_CHECKING:
    from .uncertainty import Uncertainty

ABSENT = Flag("absent", "note", "This organ was not found in the scan.")


def assess(
    scan: Scan,
    labelmap: Labelmap,
    measurements: Sequence[OrganMeasurements],
    uncertainty: Mapping[int, Uncertainty] | None = None,
) -> list[OrganTrust]:
    """Judge every organ that was measured, in the same order.

    Args:
        scan, labelmap: on one grid.
        measurements: of the organs in ``labelmap.organs``.
        uncertainty: label value -> how unsure the network was; None where it was not asked.
    """
    trust = [
        OrganTrust(found.name, found.label, _flags(found, labelmap.organs.get(found.label)))
        for found in measurements
    ]
    return [_with(organ, (uncertainty or {}).get(organ.label)) for organ in trust]


def _with(organ: OrganTrust, doubt: Uncertainty | None) -> OrganTrust:
    """The same organ and the network's own doubt."""
    if doubt is None or ABSENT in organ.flags:
        return organ
    flags = (*doubt.flags, *organ.flags)
    return replace(organ, flags=flags, entropy=doubt.entropy, border_entropy=doubt.border_entropy)


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
