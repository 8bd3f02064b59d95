"""The network's doubts of a run, for organs that the user has not worked on since."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from ..measure import OrganMeasurements
from .kinds import OrganTrust


def remember(measurements: Sequence[OrganMeasurements], trust: Sequence[OrganTrust]) -> dict[str, Any]:
    """What only the run can know, by organ and JSON-ready, with what tells whether the organ was edited."""
    return {
        organ.name: {"unedited": _mark(organ), "trust": asdict(judged)}
        for organ, judged in zip(measurements, trust, strict=True)
        if organ.voxels and judged.entropy is not None
    }


def recall(
    remembered: Mapping[str, Any], measurements: Sequence[OrganMeasurements], trust: Sequence[OrganTrust]
) -> list[OrganTrust]:
    """Judgements made anew, and what `remember` kept of the organs that are as they were."""
    return [
        _with_doubts(judged, OrganTrust.from_dict(remembered[organ.name]["trust"]))
        if organ.name in remembered and remembered[organ.name]["unedited"] == _mark(organ)
        else judged
        for organ, judged in zip(measurements, trust, strict=True)
    ]


def _mark(organ: OrganMeasurements) -> list[float]:
    """Numbers that no edit leaves all as they were."""
    values = organ.mean_hu, organ.sd_hu, *(organ.extent or ())
    return [float(organ.voxels), *(round(float(value or 0), 3) for value in values)]


def _with_doubts(judged: OrganTrust, of_run: OrganTrust) -> OrganTrust:
    from .uncertainty import EXPERIMENTAL, UNCERTAIN  # not at the top: Slicer's panel opens without scipy

    doubts = [flag for flag in of_run.flags if flag.code in (UNCERTAIN.code, EXPERIMENTAL.code)]
    return replace(
        judged,
        flags=(*doubts, *judged.flags),
        entropy=of_run.entropy,
        border_entropy=of_run.border_entropy,
    )
