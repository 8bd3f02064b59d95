"""The section about searching for better settings."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from .base import Section


class Tune(Section):
    """What to search and how; see `organseg_training.studies.tune`.

    Attributes:
        space: a ready set of ranges: ``classic`` is the first window (``a_min``, ``a_max``, ``b_min``,
            ``b_max``), the learning rate and the weight decay.
        search: dotted key -> its range (``log:1e-4..1e-2``, ``int:-400..0``, ``0.1..0.5``), or a list of
            choices; added to those of ``space``.
        sampler: ``random``, ``grid``, or Bayesian: ``tpe`` (tree-structured Parzen estimator) or ``gp``
            (Gaussian process).
        trials: in each round; a grid has as many as it has points.
        points: of a grid along a range that has no step.
        refinements: further rounds, each in ranges a third as wide around the best trial so far.
        startup: trials that always run to their end, before others are measured against their median.
    """

    space: Literal["", "classic"] = ""
    search: dict[str, str | tuple[Any, ...]] = Field(default_factory=dict)
    sampler: Literal["random", "grid", "tpe", "gp"] = "tpe"
    trials: int = Field(default=20, ge=1)
    points: int = Field(default=3, ge=2)
    refinements: int = Field(default=0, ge=0)
    startup: int = Field(default=5, ge=1)
