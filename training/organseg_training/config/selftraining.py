"""The section about learning from one's own predictions on scans that nobody labelled."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field

from .augmentation import Probability
from .base import Section

Share = Annotated[float, Field(gt=0, lt=1)]


class Unlabelled(Section):
    """A scan without labels; ``image`` is relative to the section's folder."""

    name: str
    image: Path
    licence: str = ""


class Round(Section):
    """One more training, from the weights of the one before, with new pseudo-labels.

    Attributes:
        iterations, learning_rate: as in `Fit`.
        batch_size: as in `Fit`, whose own it is unless given.
    """

    iterations: int = Field(gt=0)
    learning_rate: float = Field(gt=0)
    batch_size: int | None = Field(default=None, gt=0)


class SelfTraining(Section):
    """Teacher and student in rounds; see `organseg_training.selftraining`.

    Attributes:
        folder: of the scans; relative to the configuration file.
        scans: to be labelled by the teacher.
        share: of the training samples; the other collections share the rest as before.
        organ_confidence, background_confidence: what the mean probability over all views must exceed for a
            voxel to become a label; the others teach nothing.
        agreement: mean probability of an organ's voxels below which all of it is doubted.
        least_ml: an organ of less is doubted, too.
        rounds: none, unless given.
    """

    folder: Path = Path()
    scans: tuple[Unlabelled, ...] = ()
    share: Share = 0.33
    organ_confidence: Probability = 0.7
    background_confidence: Probability = 0.8
    agreement: Probability = 0.65
    least_ml: float = 20.0
    rounds: tuple[Round, ...] = ()
