"""The section about what each part of a recipe is worth."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from .base import Section

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ,+-]*$")]  # becomes that of a folder


class Ablation(Section):
    """Trainings that differ in one thing; see `organseg_training.studies.ablate`.

    Attributes:
        settings: dotted key -> value, the same for all of them: fewer iterations, a person set apart.
        changes: name of a training -> its own dotted keys and values. Where one makes iterations quicker or
            slower, give it as many as take the same time.
        pseudo_labels: names of the trainings that learn from the pseudo-labels of the run's last round, too.
    """

    settings: dict[str, Any] = Field(default_factory=dict)
    changes: dict[Name, dict[str, Any]] = Field(default_factory=dict)
    pseudo_labels: tuple[str, ...] = ()
