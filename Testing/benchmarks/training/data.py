"""What both trainings learn from: ``python -m Testing.benchmarks.training.data FOLDER ASKED``."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import SimpleITK as sitk
from organseg_training.case import Case
from organseg_training.config import Config
from organseg_training.prepare import prepare
from OrganSegLib.phantom import LABELS

# The tutorial's network of the spleen (Project-MONAI/tutorials, 3d_segmentation/spleen_segmentation_3d).
NETWORKS: dict[str, dict[str, Any]] = {
    "UNet": {"filters": [16, 32, 64, 128, 256], "num_res_units": 2, "norm": "batch"},
    "SubpixelUNet": {"filters": [32, 64, 112, 160]},
}


def config_of(asked: dict[str, Any]) -> Config:
    """The configuration of both."""
    return Config.model_validate(
        {
            "name": "benchmark",
            "data": [{"layout": "phantoms", "options": {"count": asked["people"]}}],
            "organs": list(LABELS),
            "windows": [{"low": -160, "high": 240, "centre": 40, "scale": 100}],
            "network": {"name": asked["network"], "arguments": NETWORKS[asked["network"]]},
            "fit": {
                "patches": [asked["patch"]],
                "batch_size": asked["batch"],
                "iterations": asked["warmup"] + asked["steps"],
                "log_every": asked["warmup"],
                "device": asked["device"],
            },
        }
    )


def main(folder: Path, asked: dict[str, Any]) -> None:
    """Prepare the cases, and write the very same voxels as NIfTI files."""
    prepare(config_of(asked), folder / "cases")
    (folder / "nifti").mkdir(exist_ok=True)
    for path in sorted((folder / "cases").glob("*.npz")):
        case = Case.load(path)
        for kind, voxels in (("image", case.hu), ("label", case.labels)):
            image = sitk.GetImageFromArray(voxels)
            image.SetSpacing(case.spacing_mm)
            sitk.WriteImage(image, folder / "nifti" / f"{case.name}_{kind}.nii.gz")


if __name__ == "__main__":
    main(Path(sys.argv[1]), json.loads(sys.argv[2]))
