"""From which uncertainty on the user is warned of an organ."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from ..scoring import Part

POOR_DICE = 0.7  # below, the user should be warned
FALSE_ALARMS = 0.05  # share of the organs found better that may exceed the threshold
LEAST_PEOPLE = 10  # in whom an organ must be found well before it has a threshold of its own


@dataclass(frozen=True)
class Pair:
    """One organ that was found in one scan, or in a worse copy of it.

    Attributes:
        scan, patient, part: see `scoring.ScanScore`.
        change: what was done to the scan.
        organ: its name.
        entropy, border_entropy: of the engine, see `OrganSegLib.quality.uncertainty`.
        dice: with the truth; 0 where there is no such organ.
    """

    scan: str
    patient: str
    part: Part
    change: str
    organ: str
    entropy: float
    border_entropy: float
    dice: float

    @property
    def poor(self) -> bool:
        """Whether the user should be warned."""
        return self.dice < POOR_DICE


def choose_thresholds(pairs: Collection[Pair]) -> dict[str, float]:
    """Organ -> the entropy that all but `FALSE_ALARMS` of what is found well stays below.

    What few people give for an organ would often be too low for the next one: until there are enough, it is
    at least that of all organs together.
    """
    well = [pair for pair in pairs if not pair.poor]
    return {organ: _threshold(organ, well) for organ in sorted({pair.organ for pair in pairs}) if well}


def _threshold(organ: str, well: Collection[Pair]) -> float:
    own = [pair for pair in well if pair.organ == organ]
    enough = len({pair.patient for pair in own}) >= LEAST_PEOPLE
    groups = [own] if enough else [group for group in (own, well) if group]
    limits = [np.quantile([pair.entropy for pair in group], 1 - FALSE_ALARMS) for group in groups]
    return round(float(max(limits)), 4)
