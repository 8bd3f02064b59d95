"""What is normal: where organs lie and what they consist of (``Resources/organs.json``)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from ..organs import entries

Faces = NDArray[np.float64]  # LPS millimetres where a box begins (l, p, s) and where it ends (l, p, s)


@dataclass(frozen=True)
class Anatomy:
    """An organ in a typical adult.

    Attributes:
        tissue: one of `tissue.LIMITS`.
        hu: median Hounsfield units that it can have, in any contrast phase.
        side: ``left`` or ``right`` where it lies on one side of the body, else ``""``.
        box: faces of its box, measured from the first lumbar vertebra.
        spread: their standard deviations among adults.
    """

    tissue: str
    hu: tuple[float, float]
    side: str
    box: Faces
    spread: Faces


@cache
def anatomy() -> dict[str, Anatomy]:
    """Organ's name -> what is normal for it, of those organs of which that is known."""
    return {
        entry["name"]: Anatomy(
            entry["tissue"],
            (entry["hu"][0], entry["hu"][1]),
            entry["side"] or entry.get("lies", ""),
            np.array(entry["box_mm"], float),
            np.array(entry["spread_mm"], float),
        )
        for entry in entries()
        if "box_mm" in entry
    }
