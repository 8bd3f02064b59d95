"""A training as MONAI's tutorial of the spleen writes it; prints its speed after the warm-up as JSON.

Source of the steps: https://github.com/Project-MONAI/tutorials, 3d_segmentation/spleen_segmentation_3d. Its
loss is taken with cross-entropy, as ours is; network, window, patch and spacing are the benchmark's.
"""

from __future__ import annotations

import json
import os
import sys
import time
from itertools import chain, repeat
from pathlib import Path
from typing import Any

import torch
from monai.data import CacheDataset, DataLoader
from monai.losses import DiceCELoss
from monai.transforms import (
    Compose,
    CropForegroundd,
    EnsureChannelFirstd,
    LoadImaged,
    Orientationd,
    RandCropByPosNegLabeld,
    ScaleIntensityRanged,
    Spacingd,
    SpatialPadd,
)
from organseg_training.config import Config
from organseg_training.plan import network_of
from OrganSegLib.networks import build

from .busy import GpuBusy
from .data import config_of

KEYS = ("image", "label")


def main(folder: Path, asked: dict[str, Any]) -> None:
    """Train for the warm-up and the timed steps."""
    config = config_of(asked)
    device = torch.device("cuda" if asked["device"] == "auto" and torch.cuda.is_available() else "cpu")
    files = [
        {"image": image, "label": image.with_name(image.name.replace("_image", "_label"))}
        for image in sorted((folder / "nifti").glob("*_image.nii.gz"))
    ]
    workers = min(4, os.cpu_count() or 1)
    data = CacheDataset(files, _transforms(config), cache_rate=1.0, num_workers=workers, progress=False)
    loader = DataLoader(data, batch_size=1, shuffle=True, num_workers=workers)
    network = build(network_of(config)).to(device)
    loss_function = DiceCELoss(to_onehot_y=True, softmax=True)
    optimiser = torch.optim.Adam(network.parameters(), 1e-4)
    busy, started = GpuBusy(), 0.0
    epochs = chain.from_iterable(repeat(loader))
    for step, batch in zip(range(asked["warmup"] + asked["steps"]), epochs, strict=False):
        if step == asked["warmup"]:
            busy.start()
            started = time.perf_counter()
        inputs, labels = batch["image"].to(device), batch["label"].to(device)
        optimiser.zero_grad()
        loss = loss_function(network(inputs), labels)
        loss.backward()
        optimiser.step()
        loss.item()
    seconds = time.perf_counter() - started
    print(json.dumps({"patches_per_s": asked["steps"] * asked["batch"] / seconds, **busy.stop()}))


def _transforms(config: Config) -> Compose:
    window, patch = config.windows[0], config.fit.patches[0]
    return Compose(
        [
            LoadImaged(KEYS),
            EnsureChannelFirstd(KEYS),
            ScaleIntensityRanged(
                "image", a_min=window.low, a_max=window.high, b_min=0.0, b_max=1.0, clip=True
            ),
            CropForegroundd(KEYS, source_key="image", allow_smaller=True),
            Orientationd(KEYS, axcodes="RAS"),
            Spacingd(KEYS, pixdim=config.spacing_mm, mode=("bilinear", "nearest")),
            SpatialPadd(KEYS, patch),
            RandCropByPosNegLabeld(
                KEYS,
                label_key="label",
                spatial_size=patch,
                pos=1,
                neg=1,
                num_samples=config.fit.batch_size,
                image_key="image",
                image_threshold=0,
            ),
        ]
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), json.loads(sys.argv[2]))
