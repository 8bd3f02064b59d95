"""The same labels as ``TotalSegmentator --fast`` gives for the same weights; needs the extra ``peers``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
import torch
from OrganSegLib.importers import Choice, import_models
from OrganSegLib.phantom import make_phantom
from OrganSegLib.predict import predict
from OrganSegLib.preprocess import preprocess
from OrganSegLib.scores import argmax
from OrganSegLib.volume import Scan, Triple

from Testing.benchmarks.totalsegmentator_model import weights_folder
from Testing.unit.importers.nnunet_models import Recipe, write_model
from Testing.unit.importers.peers import fast_command, segmented

pytest.importorskip("totalsegmentator", reason="the extra peers is not installed")

RECIPE = Recipe(
    dataset="Dataset297_TotalSegmentator_total_3mm_1559subj",
    trainer="nnUNetTrainer_4000epochs_NoMirroring",
    labels={"background": 0, **{f"structure_{n}": n for n in range(1, 118)}},
    spacing=(3.0, 3.0, 3.0),
    patch=(32, 32, 32),
    filters=(8, 12, 16),
)


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORGANSEG_MODELS", str(tmp_path / "models"))


def small_phantom(spacing_mm: Triple) -> Scan:
    """A person as small as a cat: as many voxels as a test wants."""
    scan, _ = make_phantom(seed=2, spacing_mm=(7.0, 7.0, 7.0), region="abdomen")
    return Scan(scan.voxels, replace(scan.grid, spacing_mm=spacing_mm))


def write_home(home: Path, scan: Scan, share: float) -> Path:
    """TotalSegmentator's home folder with random weights of its 3 mm task; returns the weights' folder.

    The background's bias is such that organs have this share of the voxels; in a patient it is a sixth.
    """
    weights = write_model(weights_folder(home), RECIPE)
    model = import_models([weights], Choice("without-background"))
    logits = predict(model, preprocess(scan, model.plan), "cpu", "torch")[0]
    outputs = np.stack([logits.channel(n) for n in range(model.plan.channels)])
    lead = np.quantile(outputs[1:].max(0) - outputs[0], 1 - share)
    path = weights / "fold_0" / "checkpoint_final.pth"
    checkpoint = torch.load(path, weights_only=False)
    checkpoint["network_weights"]["decoder.seg_layers.1.bias"][0] += float(lead)
    torch.save(checkpoint, path)
    return weights


def test_a_scan_of_its_spacing_gets_the_commands_labels(tmp_path: Path) -> None:
    """It adds up in 16 bits, and random weights leave close calls: of the organs' voxels up to 1 % differ."""
    scan = small_phantom((3.0, 3.0, 3.0))
    weights = write_home(tmp_path / "home", scan, 0.1)
    study = tmp_path / "ct.nii.gz"
    sitk.WriteImage(scan.grid.image(scan.voxels), study)
    theirs = fast_command(tmp_path / "home", study, tmp_path / "theirs.nii.gz")
    ours = segmented([weights], study, "RAS", tmp_path / "ours")
    assert len(np.unique(theirs)) > 10
    assert (ours == theirs).mean() >= 0.999


def test_any_other_scan_gets_them_at_the_networks_spacing(tmp_path: Path) -> None:
    """With the command's sums in 32 bits little is left: whole HU, rounded from 64 bits and from 32."""
    scan = small_phantom((2.5, 2.2, 3.7))
    weights = write_home(tmp_path / "home", scan, 0.7)
    study = tmp_path / "ct.nii.gz"
    sitk.WriteImage(scan.grid.image(scan.voxels), study)
    theirs = fast_command(tmp_path / "home", study, tmp_path / "theirs.nii.gz", "--save_lowres", exact=True)
    model = import_models([weights])
    logits, info = predict(model, preprocess(scan, model.plan), "cpu", "torch")
    assert info.tiles > 1
    assert len(np.unique(theirs)) > 10
    assert (argmax(logits, model.plan) == theirs).mean() >= 0.999
