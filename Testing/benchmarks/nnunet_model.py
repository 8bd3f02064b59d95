"""One random network for nnU-Net and for OrganSeg: ``python -m Testing.benchmarks.nnunet_model FOLDER SIZE``.

SIZE is ``full`` (the network of TotalSegmentator ``--fast``, with fewer structures: nnU-Net keeps one output
volume per structure at the scan's own size) or ``quick``. Prints nnU-Net's folder, then that of the same
network after OrganSeg's import, which sees tiles as large and as many as nnU-Net's. The background's bias is
raised so that the result is empty: noise in all structures is no result that anybody computes with.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import torch
from OrganSegLib.importers import Choice, import_models
from OrganSegLib.phantom import LABELS as ORGANS

from Testing.unit.importers.nnunet_models import Recipe, write_model

BACKGROUND_BIAS = 1000.0
DATASET = "Dataset001_nnunet_random"
LABELS = {"background": 0, **ORGANS}
FILTERS = (32, 64, 128, 256, 320)
RECIPES = {
    "quick": Recipe(dataset=DATASET, labels=LABELS),
    "full": Recipe(
        dataset=DATASET,
        labels=LABELS,
        filters=FILTERS,
        patch=(112, 112, 128),
        spacing=(3.0, 3.0, 3.0),
        kernels=[(3, 3, 3)] * len(FILTERS),
        strides=[(1, 1, 1)] + [(2, 2, 2)] * (len(FILTERS) - 1),
        blocks=[2] * len(FILTERS),
        decoder_blocks=[2] * (len(FILTERS) - 1),
    ),
}


def main(folder: Path, recipe: Recipe) -> tuple[Path, Path]:
    """Write both into ``folder``, which the variable ``ORGANSEG_MODELS`` names as well."""
    shutil.rmtree(folder, ignore_errors=True)
    theirs = write_model(folder, recipe)
    _find_nothing(theirs / "fold_0" / "checkpoint_final.pth", recipe)
    # The benchmark's volume has axes along LPS, and nnU-Net takes arrays as they lie in the file.
    return theirs, import_models([theirs], Choice(orientation="LPS")).folder


def _find_nothing(path: Path, recipe: Recipe) -> None:
    checkpoint = torch.load(path, weights_only=False)
    checkpoint["network_weights"][f"decoder.seg_layers.{len(recipe.filters) - 2}.bias"][0] = BACKGROUND_BIAS
    torch.save(checkpoint, path)


if __name__ == "__main__":
    print(*main(Path(sys.argv[1]), RECIPES[sys.argv[2]]), sep="\n")
