"""One frozen, typed configuration per run, read from YAML."""

from __future__ import annotations

import os
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import yaml


@dataclass(frozen=True)
class Source:
    """A scan to learn from or to check on.

    Attributes:
        name: of the case.
        image: study file or folder, relative to the data folder.
        labels: label map, relative to the data folder; empty where lungs are labelled by rule.
        numbering: of the labels: ``v1``, ``v2`` or ``organseg``.
        licence: of image and labels, for the model card.
        role: ``train`` or ``check`` (never learnt from).
        weight: share of the training samples, relative to the other sources.
    """

    name: str
    image: str
    licence: str
    labels: str = ""
    numbering: str = ""
    role: str = "train"
    weight: float = 1.0


@dataclass(frozen=True)
class Config:
    """Everything that decides the weights. Lengths are in voxels or millimetres along x, y, z."""

    name: str
    version: str
    description: str
    data: Path
    names_v2: str
    sources: tuple[Source, ...]
    phantoms: int
    phantom_weight: float
    spacing_mm: tuple[float, float, float]
    windows: tuple[dict[str, float], ...]
    patches: tuple[tuple[int, int, int], ...]
    multiple: int
    filters: tuple[int, ...]
    iterations: int
    learning_rate: float
    weight_decay: float
    warmup: int
    ema_decay: float
    seed: int

    @classmethod
    def load(cls, path: Path, **overrides: Any) -> Config:
        """Read a YAML file; ``ORGANSEG_TEST_DATA`` replaces its data folder.

        Raises:
            ValueError: when a key is missing or unknown.
        """
        facts = {**yaml.safe_load(path.read_text(encoding="utf-8")), **overrides}
        names = {field.name for field in fields(cls)}
        if wrong := names ^ set(facts):
            raise ValueError(f"{path}: missing or unknown keys: {', '.join(sorted(wrong))}")
        facts["data"] = Path(os.environ.get("ORGANSEG_TEST_DATA") or path.parent / facts["data"])
        facts["sources"] = tuple(Source(**source) for source in facts["sources"])
        for key in ("spacing_mm", "filters", "windows"):
            facts[key] = tuple(facts[key])
        facts["patches"] = tuple(tuple(patch) for patch in facts["patches"])
        return cls(**facts)
