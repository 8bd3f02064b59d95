"""The sections about data: where scans lie, what their labels mean, how they are divided."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from .base import Section

Role = Literal["train", "check"]


class Data(Section):
    """One collection of scans.

    Attributes:
        layout: how files are arranged: a name that `readers` knows (``pairs``, ``slices``, ``chaos``,
            ``ircadb``, ``listed``, ``phantoms`` ...), or a user's own reader by entry point or import path.
        folder: of the collection; relative to the configuration file.
        labels: class name -> value or values in the label files (in ``ircadb``: mask folders); ``background``
            takes values that are not to be learnt.
        options: of the layout.
        licence: of scans and labels, for the model card.
        weight: share of the training samples, relative to the other collections.
        role: ``train``, or ``check`` for scans that are never learnt from.
    """

    layout: str = "pairs"
    folder: Path = Path()
    labels: dict[str, int | str | tuple[int | str, ...]] = Field(default_factory=dict)
    options: dict[str, Any] = Field(default_factory=dict)
    licence: str = ""
    weight: float = 1.0
    role: Role = "train"


class Split(Section):
    """How cases are divided, always by patient.

    Attributes:
        kind: ``fixed``, ``percentage``, ``kfold`` or ``leave_one_out``.
        folds: of ``kfold``.
        train, validation, test: numbers of patients (``fixed``), shares of them (``percentage``), or names of
            patients or cases, which go first. Of the folds, only the test side counts: it is set aside; and
            ``leave_one_out`` leaves only those out that ``validation`` names, if it names any.
        seed: of the shuffle; saved in ``splits.json``.
    """

    kind: Literal["fixed", "percentage", "kfold", "leave_one_out"] = "percentage"
    folds: int = 5
    train: float | tuple[str, ...] = 0.8
    validation: float | tuple[str, ...] = 0.2
    test: float | tuple[str, ...] = 0.0
    seed: int = 1
