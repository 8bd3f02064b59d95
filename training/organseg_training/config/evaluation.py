"""The section about evaluation."""

from __future__ import annotations

from pydantic import Field

from .base import Section


class Evaluation(Section):
    """How results are measured; see `organseg_training.evaluate`.

    Attributes:
        tolerance_mm: of the normalised surface Dice: how far apart two surfaces may lie and still agree.
        least_ml: what the truth must hold of an organ for it to be scored; less is a sliver at the border
            of the scan and is listed as such.
        cases: names of the scans that `evaluate` looks at unless its options name others; all by default.
        calibrated_on: the same for `calibrate`; where there are any, `run` calibrates as well.
        resamples: of the bootstrap.
        confidence: of the bootstrap's intervals.
    """

    tolerance_mm: float = Field(default=3.0, gt=0)
    least_ml: float = Field(default=0.0, ge=0)
    cases: tuple[str, ...] = ()
    calibrated_on: tuple[str, ...] = ()
    resamples: int = Field(default=1000, ge=100)
    confidence: float = Field(default=0.95, gt=0, lt=1)
