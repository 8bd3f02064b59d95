"""How well a model folder does: Dice of the engine's own output against the labels, organ by organ."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from OrganSegLib.ingest import read_study
from OrganSegLib.model import Model
from OrganSegLib.phantom import make_phantom
from OrganSegLib.pipeline import Options, segment
from OrganSegLib.preprocess import body_box, resample
from OrganSegLib.volume import Scan

from .classes import INDEX, ORGANS, UNKNOWN, translate
from .config import Config
from .prepare import Case, prepare_phantom, prepare_scan, resample_labels

SMALLEST_VOXELS = 40  # about 1 ml at 3 mm; less is a sliver at the border of the scan
UNSEEN_PHANTOM = 1000  # a seed that no configuration trains on

Scores = dict[str, dict[str, Any]]


def evaluate(config: Config, model: Model, run: Path, runtime: str = "auto") -> Scores:
    """Dice of every source with labels, and of a phantom that training never saw.

    The engine runs as for a user, from the raw files to labels on the native grid; these are compared with
    the truth on the network's grid. Voxels that the truth does not know are left out.

    Returns:
        case -> {"role": "train", "check" or "phantom", "dice": {organ: Dice}}, also kept as
        ``run/scores.json``; organs of less than about a millilitre in the truth are not scored.
    """
    scores: Scores = {}
    for source in config.sources:
        scan = read_study(config.data / source.image)
        dice = dice_table(_predict(scan, model, config, runtime), prepare_scan(source, config))
        scores[source.name] = {"role": source.role, "dice": dice}
    scan, _ = make_phantom(seed=UNSEEN_PHANTOM, spacing_mm=config.spacing_mm)
    dice = dice_table(_predict(scan, model, config, runtime), prepare_phantom(UNSEEN_PHANTOM, config))
    scores["unseen phantom"] = {"role": "phantom", "dice": dice}
    (run / "scores.json").write_text(json.dumps(scores, indent=1) + "\n", encoding="utf-8")
    return scores


def dice_table(predicted: NDArray[np.uint8], case: Case) -> dict[str, float]:
    """Dice of each known organ of a case; ``predicted`` holds `classes` numbers on the case's grid."""
    certain = case.labels != UNKNOWN
    table = {}
    for organ in case.known:
        truth = case.labels == INDEX[organ]
        found = (predicted == INDEX[organ]) & certain
        if truth.sum() >= SMALLEST_VOXELS:
            table[organ] = round(float(2 * (truth & found).sum() / (truth.sum() + found.sum())), 3)
    return table


def as_markdown(scores: Scores) -> str:
    """One row per organ, one column per case."""
    rows = [["organ", *(f"{name} ({case['role']})" for name, case in scores.items())]]
    rows.append(["---"] + ["---:"] * len(scores))
    for organ in ORGANS:
        values = [case["dice"].get(organ) for case in scores.values()]
        if any(value is not None for value in values):
            rows.append([organ, *("" if value is None else f"{value:.3f}" for value in values)])
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def _predict(scan: Scan, model: Model, config: Config, runtime: str) -> NDArray[np.uint8]:
    labelmap = segment(scan, model, Options(runtime=runtime, surfaces=False)).labelmap
    hu, grid = resample(scan, config.spacing_mm)
    names = {value: organ.name for value, organ in labelmap.organs.items()}
    labels = resample_labels(labelmap.grid.image(labelmap.voxels), grid)
    return translate(labels, names)[body_box(hu)]
