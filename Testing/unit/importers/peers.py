"""nnU-Net's and TotalSegmentator's own code, and OrganSeg's command beside them."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import SimpleITK as sitk
import torch
from numpy.typing import NDArray
from OrganSegLib.cli.all_commands import app
from OrganSegLib.importers import Choice, import_models
from typer.testing import CliRunner

Labels = NDArray[np.uint8]

TORCHVISIONS_OPERATORS = torch.library.Library("torchvision", "FRAGMENT")


def predicted(home: Path, study: Path, folds: tuple[str, ...]) -> Labels:
    """nnU-Net's labels, in tiles and without mirroring."""
    from nnunetv2.imageio.simpleitk_reader_writer import SimpleITKIO
    from nnunetv2.inference.predict_from_raw_data import nnUNetPredictor

    predictor = nnUNetPredictor(
        use_mirroring=False, perform_everything_on_device=False, device=torch.device("cpu"), allow_tqdm=False
    )
    predictor.initialize_from_trained_model_folder(str(home), tuple(map(int, folds)))
    image, properties = SimpleITKIO().read_images([str(study)])
    return np.asarray(predictor.predict_single_npy_array(image, properties, None, None, False))


def segmented(homes: list[Path], study: Path, orientation: str, output: Path) -> Labels:
    """Labels of ``organseg segment``."""
    model = import_models(homes, Choice(orientation=orientation))
    options = ["--model", model.plan.name, "--runtime", "torch", "--no-surfaces"]
    result = CliRunner().invoke(app, ["segment", str(study), "-o", str(output), *options])
    assert result.exit_code == 0, result.output
    return np.asarray(sitk.GetArrayFromImage(sitk.ReadImage(output / "segmentation.nii.gz")))


def sum_in_32_bits() -> None:
    """Let nnU-Net add up the outputs of its tiles in 32 bits, not in 16, for the rest of this process."""
    from nnunetv2.inference import predict_from_raw_data as predicting
    from nnunetv2.inference.sliding_window_prediction import compute_gaussian

    torch.half = torch.float32
    exact = partial(compute_gaussian, dtype=torch.float32)
    exact.cache_clear = compute_gaussian.cache_clear  # type: ignore[attr-defined]  # which it calls at the end
    predicting.compute_gaussian = exact


def complete_torchvision() -> None:
    """Let torchvision be imported where its compiled part was built for another PyTorch, with CUDA.

    nnU-Net imports it by way of timm, and uses nothing of it.
    """
    try:
        importlib.import_module("torchvision")
    except RuntimeError:  # of operators that only the compiled part declares
        for name in ("nms", "qnms"):
            TORCHVISIONS_OPERATORS.define(f"{name}(Tensor boxes, Tensor scores, float threshold) -> Tensor")


def fast_command(home: Path, study: Path, output: Path, *options: str, exact: bool = False) -> Labels:
    """Labels of ``TotalSegmentator --fast``, axes along LPS.

    Args:
        home: holds its weights and settings.
        study: file with the scan.
        output: file for the labels.
        options: further ones of the command.
        exact: see `sum_in_32_bits`.
    """
    start = "complete_torchvision(); from totalsegmentator.bin.TotalSegmentator import main; main()"
    if exact:
        start = f"sum_in_32_bits(); {start}"
    results = {"nnUNet_results": str(home / "nnunet" / "results")}  # nnU-Net asks when it is imported
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            f"from Testing.unit.importers.peers import *; {start}",
            "-i",
            study,
            "-o",
            output,
            "--fast",
            "--ml",
            "--device",
            "cpu",
            *options,
        ],
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(sys.path),
            "TOTALSEG_HOME_DIR": str(home),
            **results,
        },
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return np.asarray(sitk.GetArrayFromImage(sitk.DICOMOrient(sitk.ReadImage(output), "LPS")))
