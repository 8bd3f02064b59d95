"""TotalSegmentator's network: ``python -m Testing.benchmarks.totalsegmentator_model HOME SIZE``.

The weights are random. Folder layout and network (nnU-Net v2, 5 stages, 32 to 320 features, 117 structures,
3 mm) are those of its task 297 (``--fast``); nothing is downloaded and its usage statistics are switched off.
SIZE is ``full`` or ``quick``, which has a small network. Prints the folders of the same weights after
OrganSeg's import: in TotalSegmentator's tiles, and with the whole body at once.

What it finds looks like organs, of some millilitres to some hundred, as noise in 117 structures is no result
that anybody measures: the deepest features alone have a say, and are blurred on the way up to the full size.
They take as much of the benchmark's volume, in about as many triangles, as the labels that TotalSegmentator
gave the same CT.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import torch
from OrganSegLib.importers import Choice, import_models
from OrganSegLib.organs import catalogue
from torch.nn.functional import leaky_relu

from Testing.unit.importers.nnunet_models import Recipe, write_model

from .nnunet_model import RECIPES as SHAPES

STRUCTURES = 117
TASK = {
    "dataset": "Dataset297_TotalSegmentator_total_3mm_1559subj",
    "trainer": "nnUNetTrainer_4000epochs_NoMirroring",
    "labels": {name: n for n, name in enumerate(("background", *list(catalogue())[:STRUCTURES]))},
    "spacing": (3.0, 3.0, 3.0),
}
RECIPES = {name: replace(recipe, **TASK) for name, recipe in SHAPES.items()}
LINEAR = 3.0  # a shift that keeps nearly all of a normalised feature positive
SAMPLES = 100_000
BACKGROUND_BIAS = 3.0  # leaves 14 % of the volume to the structures, real labels of that CT take 15 %


def main(home: Path, recipe: Recipe) -> tuple[Path, Path]:
    """Fill TotalSegmentator's home folder; import from it into the folder that ``ORGANSEG_MODELS`` names."""
    shutil.rmtree(home, ignore_errors=True)
    theirs = write_model(weights_folder(home), recipe)
    _like_organs(theirs / "fold_0" / "checkpoint_final.pth", recipe)
    tiled = import_models([theirs], Choice("total"))
    whole = import_models([theirs], Choice("total-whole", whole=True))
    return tiled.folder, whole.folder


def weights_folder(home: Path) -> Path:
    """Where TotalSegmentator looks for networks; settles what it would ask or tell on its first run."""
    folder = home / "nnunet" / "results"
    folder.mkdir(parents=True)
    settings = {"totalseg_id": "", "send_usage_stats": False, "prediction_counter": 0}
    (home / "config.json").write_text(json.dumps(settings))
    return folder


def _like_organs(path: Path, recipe: Recipe) -> None:
    checkpoint = torch.load(path, weights_only=False)
    weights, last = checkpoint["network_weights"], len(recipe.filters) - 2
    for name, weight in weights.items():
        if re.fullmatch(r"decoder\.(stages\.\d+\.convs\.\d+\.conv|transpconvs\.\d+)\.weight", name):
            weight[:] = weight.mean((2, 3, 4), keepdim=True)
        if re.fullmatch(r"decoder\.stages\.\d+\.convs\.0\.conv\.weight", name):
            weight[:, weight.shape[1] // 2 :] = 0  # of the finer features, which are joined there
        if re.fullmatch(r"decoder\.stages\.\d+\.convs\.\d+\.norm\.bias", name):
            weight[:] = LINEAR  # where a leaky ReLU bends nothing, and so folds nothing either
    head, bias = (weights[f"decoder.seg_layers.{last}.{kind}"] for kind in ("weight", "bias"))
    scale, shift = (weights[f"decoder.stages.{last}.convs.1.norm.{kind}"] for kind in ("weight", "bias"))
    features = leaky_relu(shift + scale * torch.randn(SAMPLES, len(scale)))
    head /= head.flatten(1).norm(dim=1)[:, None, None, None, None]
    bias[:] = -(head.flatten(1) @ features.mean(0))  # so that no structure is ahead of the others
    head[0], bias[0] = 0, BACKGROUND_BIAS
    torch.save(checkpoint, path)


if __name__ == "__main__":
    print(*main(Path(sys.argv[1]), RECIPES[sys.argv[2]]), sep="\n")
