"""Small collections of generated people on disk, in every layout that readers know, configurations, a run."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import SimpleITK as sitk
import torch
from numpy.typing import NDArray
from organseg_training.config import Config
from organseg_training.export import export
from organseg_training.plan import network_of
from OrganSegLib.networks import build
from OrganSegLib.phantom import LABELS, make_phantom, write_dicom_series
from OrganSegLib.volume import Labelmap, Scan
from PIL import Image

SPACING = (10.0, 10.0, 10.0)
LIVER, SPLEEN = LABELS["liver"], LABELS["spleen"]
ITERATIONS = 2  # of the runs that test files share
# What lets a tiny network change within an iteration or two.
QUICKLY: dict[str, Any] = {"patches": [[16, 16, 16]], "warmup": 0, "ema_decay": 0.5, "workers": 0}


@cache
def person(seed: int = 3) -> tuple[Scan, Labelmap]:
    """An abdomen of 43 x 36 x 29 voxels."""
    return make_phantom(seed, SPACING, region="abdomen", contrast="portal")


def config_of(*data: dict[str, Any], **changes: Any) -> Config:
    """A configuration that learns liver and spleen from ``data``."""
    facts = {
        "name": "tiny",
        "data": data,
        "organs": ["liver", "spleen"],
        "spacing_mm": SPACING,
        "windows": [{"low": -200, "high": 300, "centre": 50, "scale": 100}],
        "fit": {"patches": [[16, 16, 16]], "iterations": 1},
    }
    return Config.model_validate(facts | changes)


def drawn(values: dict[str, int], seed: int = 3, dtype: type = np.uint8) -> NDArray[Any]:
    """The person's labels with the given values for organs; nothing else is drawn."""
    labels = person(seed)[1].voxels
    painted = np.zeros(labels.shape, dtype)
    for organ, value in values.items():
        painted[labels == LABELS[organ]] = value
    return painted


def write_volume(path: Path, array: NDArray[Any], seed: int = 3) -> None:
    """``array`` on the person's grid."""
    path.parent.mkdir(parents=True, exist_ok=True)
    sitk.WriteImage(person(seed)[0].grid.image(array), str(path))


def write_pairs(
    folder: Path, seeds: tuple[int, ...] = (3, 4), names: tuple[str, str] = ("images", "labels")
) -> Path:
    """``p3``, ``p4`` ... as NIfTI; liver 1, spleen 2."""
    for seed in seeds:
        write_volume(folder / names[0] / f"p{seed}.nii.gz", person(seed)[0].voxels, seed)
        write_volume(folder / names[1] / f"p{seed}.nii.gz", drawn({"liver": 1, "spleen": 2}, seed), seed)
    return folder


PAIRS = {"layout": "pairs", "labels": {"liver": 1, "spleen": 2}}


def write_chaos(folder: Path, seed: int = 3) -> Path:
    """``CT/1`` as CHAOS has it: files count from the head downwards, masks of one bit."""
    patient = folder / "CT" / "1"
    series = write_dicom_series(person(seed)[0], folder / "series")
    masks = drawn({"liver": 1}, seed)
    (patient / "DICOM_anon").mkdir(parents=True)
    (patient / "Ground").mkdir()
    for n, file in enumerate(sorted(series.iterdir(), reverse=True)):
        file.rename(patient / "DICOM_anon" / f"i{n:04d},0000b.dcm")
        mask = masks[len(masks) - 1 - n].astype(bool)
        Image.fromarray(mask).save(patient / "Ground" / f"liver_GT_{n:03d}.png")
    series.rmdir()
    return folder


def write_ircadb(folder: Path, number: int = 1, seed: int = 3) -> Path:
    """A patient of 3D-IRCADb: slices and masks of equal names without ending."""
    patient = folder / f"3Dircadb1.{number}"
    series = write_dicom_series(person(seed)[0], folder / "series")
    (patient / "PATIENT_DICOM").mkdir(parents=True)
    files = sorted(series.iterdir())
    for organ, value in {"liver": 1, "leftspleen": 2, "bone": 3}.items():
        (patient / "MASKS_DICOM" / organ).mkdir(parents=True)
        masks = drawn({"liver": 1, "spleen": 2, "spine": 3}, seed) == value
        for n, file in enumerate(files):
            header = pydicom.dcmread(file)
            header.PixelData = (255 * masks[n]).astype("<i2").tobytes()
            header.save_as(patient / "MASKS_DICOM" / organ / f"image_{n}")
    for n, file in enumerate(files):
        file.rename(patient / "PATIENT_DICOM" / f"image_{n}")
    series.rmdir()
    return folder


def write_slices(
    folder: Path, ending: str = ".png", every: int = 1, seed: int = 3, quality: int = 95
) -> Path:
    """Every ``every``-th slice and its mask; liver 100, spleen 200."""
    (folder / "dicoms").mkdir(parents=True, exist_ok=True)
    (folder / "labels").mkdir(exist_ok=True)
    series = write_dicom_series(person(seed)[0], folder / f"series{seed}")
    masks = drawn({"liver": 100, "spleen": 200}, seed)
    for n, file in enumerate(sorted(series.iterdir())):
        if n % every:
            file.unlink()
            continue
        header = pydicom.dcmread(file)
        header.PatientID = f"secret{seed}"
        header.save_as(folder / "dicoms" / f"p{seed}_{n:02d}.dcm")
        file.unlink()
        mask = folder / "labels" / f"p{seed}_{n:02d}{ending}"
        if ending == ".npy":
            np.save(mask, masks[n])
        else:
            Image.fromarray(masks[n]).save(mask, quality=quality)
    series.rmdir()
    return folder


def with_random_weights(config: Config, run: Path, to: Path) -> Path:
    """A copy of the run whose weights find something of everything, as those that hardly learnt do not."""
    to.mkdir()
    for name in ("config.yaml", "provenance.json", "log.tsv"):
        (to / name).write_bytes((run / name).read_bytes())
    (to / "cases").symlink_to(run / "cases")
    torch.manual_seed(0)
    state = build(network_of(config)).state_dict()
    ema = {f"module.{name}": value for name, value in state.items()}
    torch.save({"ema": ema, "iteration": ITERATIONS}, to / "checkpoint.pt")
    export(config, to, to / "model")
    return to
