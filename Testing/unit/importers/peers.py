"""nnU-Net's and TotalSegmentator's own code, and OrganSeg's command beside them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import SimpleITK as sitk
import torch
from numpy.typing import NDArray
from OrganSegLib.cli import app
from OrganSegLib.importers import Choice, import_models
from typer.testing import CliRunner


def predicted(home: Path, study: Path, folds: tuple[str, ...]) -> NDArray[np.uint8]:
    """nnU-Net's labels, in tiles and without mirroring."""
    from nnunetv2.imageio.simpleitk_reader_writer import SimpleITKIO
    from nnunetv2.inference.predict_from_raw_data import nnUNetPredictor

    predictor = nnUNetPredictor(
        use_mirroring=False, perform_everything_on_device=False, device=torch.device("cpu"), allow_tqdm=False
    )
    predictor.initialize_from_trained_model_folder(str(home), tuple(map(int, folds)))
    image, properties = SimpleITKIO().read_images([str(study)])
    return np.asarray(predictor.predict_single_npy_array(image, properties, None, None, False))


def segmented(homes: list[Path], study: Path, orientation: str, output: Path) -> NDArray[np.uint8]:
    """Labels of ``organseg segment``."""
    model = import_models(homes, Choice(orientation=orientation))
    options = ["--model", model.plan.name, "--runtime", "torch", "--no-surfaces"]
    result = CliRunner().invoke(app, ["segment", str(study), "-o", str(output), *options])
    assert result.exit_code == 0, result.output
    return np.asarray(sitk.GetArrayFromImage(sitk.ReadImage(output / "segmentation.nii.gz")))


def fast_command(home: Path, study: Path, output: Path, *options: str) -> NDArray[np.uint8]:
    """Labels of ``TotalSegmentator --fast``, axes along LPS; ``home`` holds its weights and settings."""
    command = [sys.executable, "-m", "totalsegmentator.bin.TotalSegmentator", "-i", study, "-o", output]
    done = subprocess.run(
        [*command, "--fast", "--ml", "--device", "cpu", *options],
        env={**os.environ, "TOTALSEG_HOME_DIR": str(home)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return np.asarray(sitk.GetArrayFromImage(sitk.DICOMOrient(sitk.ReadImage(output), "LPS")))
