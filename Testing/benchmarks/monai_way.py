"""OrganSeg's network run as MONAI tutorials do: ``python -m Testing.benchmarks.monai_way VOLUME MODEL OUT``.

Load, orient, resample, scale, sliding window of 96 voxels with half overlap, argmax, invert, save: the steps
of https://github.com/Project-MONAI/tutorials (3d_segmentation), with the model's own spacing and windows.
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from monai.data import decollate_batch
from monai.inferers import SlidingWindowInferer
from monai.transforms import (
    AsDiscreted,
    Compose,
    ConcatItemsd,
    CopyItemsd,
    EnsureChannelFirstd,
    Invertd,
    LoadImaged,
    Orientationd,
    SaveImaged,
    ScaleIntensityRanged,
    Spacingd,
)
from OrganSegLib.model import load_model, torch_network
from OrganSegLib.plan import Plan

PATCH, OVERLAP, BATCH = 96, 0.5, 4


def main(volume: Path, model_folder: Path, output: Path) -> None:
    """Write the labels into ``output``."""
    model = load_model(model_folder)
    before = _preprocessing(model.plan)
    after = Compose(
        [
            AsDiscreted("labels", argmax=True),
            Invertd("labels", transform=before, orig_keys="image", nearest_interp=True),
            SaveImaged("labels", output_dir=output, output_postfix="labels", output_dtype="uint8"),
        ]
    )
    case = before({"image": volume})
    inferer = SlidingWindowInferer(PATCH, BATCH, OVERLAP)
    with torch.inference_mode():
        logits = inferer(case["input"][None], torch_network(model))
    case["labels"] = decollate_batch(logits)[0]
    after(case)


def _preprocessing(plan: Plan) -> Compose:
    channels = [f"window_{n}" for n in range(len(plan.windows))]
    windows = [
        ScaleIntensityRanged(
            channel,
            a_min=window.low,
            a_max=window.high,
            b_min=(window.low - window.centre) / window.scale,
            b_max=(window.high - window.centre) / window.scale,
            clip=True,
        )
        for channel, window in zip(channels, plan.windows, strict=True)
    ]
    return Compose(
        [
            LoadImaged("image"),
            EnsureChannelFirstd("image"),
            Orientationd("image", axcodes="RAS"),
            Spacingd("image", pixdim=plan.spacing_mm, mode="bilinear"),
            CopyItemsd("image", times=len(channels), names=channels),
            *windows,
            ConcatItemsd(channels, name="input"),
        ]
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]))
