"""Where everything lies in a run's folder.

Trainings that belong to a study, such as the folds of a cross-validation, have folders of the same layout
below its own, and share its cases: ``RUN/folds/1``, ``RUN/trials/1-0``, ``RUN/compare/NAME``. Those of an
ablation, ``RUN/ablation/NAME``, have cases of their own.
"""

from __future__ import annotations

from pathlib import Path

CONFIG = "config.yaml"
PROVENANCE = "provenance.json"
CASES = "cases"  # prepared, with their manifest
SPLITS = "splits.json"
FOLDS = "folds"
ROUNDS = "rounds"  # of self-training
PSEUDO_LABELS = "pseudo_labels"  # of a round: what its teacher found
CHECKPOINT = "checkpoint.pt"  # to go on from
BEST = "best.pt"  # weights of the best validation
LOG = "log.tsv"
MODEL = "model"  # exported
EVALUATION = "evaluation"


def fold_folder(run: Path, number: int | str) -> Path:
    """Where a fold of `SPLITS` is trained; they are counted from 1."""
    return run / FOLDS / str(number)


def round_folder(run: Path, number: int) -> Path:
    """Where a round of self-training is trained; they are counted from 1."""
    return run / ROUNDS / str(number)
