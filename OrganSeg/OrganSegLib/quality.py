"""Should the surgeon trust this organ? One word for each reason for doubt."""

from __future__ import annotations

from .measure import OrganMeasurements
from .organs import Organ

FLAGS = ("absent", "truncated", "implausible")


def flags(found: OrganMeasurements, organ: Organ | None = None) -> tuple[str, ...]:
    """Those of `FLAGS` that hold, in that order.

    Args:
        found: what was measured.
        organ: whose volumes are plausible; None where nobody knows what the segment is.

    A truncated organ is only implausible where even the visible part is too large.
    """
    if found.status == "absent":
        return ("absent",)
    raised = ["truncated"] if found.truncated else []
    if organ and organ.volume_ml:
        low, high = organ.volume_ml
        if found.volume_ml > high or (found.volume_ml < low and not found.truncated):
            raised.append("implausible")
    return tuple(raised)
