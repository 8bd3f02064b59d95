"""The same labels as nnU-Net's own code gives for the same weights; needs the extra ``peers``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk
import torch
from OrganSegLib.phantom import make_phantom
from OrganSegLib.volume import Scan

from Testing.unit.importers.nnunet_models import Recipe, write_model
from Testing.unit.importers.peers import predicted, segmented, sum_in_32_bits

pytest.importorskip("nnunetv2", reason="the extra peers is not installed")

MM = (8.0, 8.0, 8.0)  # of the scan and of the networks: parity is asked for where nobody resamples
THIN: dict[str, Any] = {
    "patch": (10, 16, 24),
    "kernels": ((1, 3, 3), (3, 3, 3), (3, 3, 3)),
    "strides": ((1, 1, 1), (1, 2, 2), (2, 2, 2)),
}
RECIPES = {
    "plain": Recipe(spacing=MM),
    "residual": Recipe(spacing=MM, residual=True, blocks=(1, 2, 2), decoder_blocks=(1, 1)),
    "anisotropic": Recipe(spacing=MM, **THIN),
    "transposed": Recipe(spacing=MM, transpose=(2, 0, 1), **THIN),
    "old plans": Recipe(spacing=MM, filters=(4, 8, 8), legacy=True),
    "z-score": Recipe(spacing=MM, scheme="ZScoreNormalization"),
    "z-score of what is not zero": Recipe(spacing=MM, scheme="ZScoreNormalization", masked=True),
    "folds": Recipe(spacing=MM, folds=("0", "1")),
    "larger than the scan": Recipe(spacing=MM, patch=(64, 32, 48)),
    "2D": Recipe(
        spacing=MM[:2],
        patch=(32, 24),
        kernels=((3, 3), (3, 3), (3, 3)),
        strides=((1, 1), (2, 2), (2, 2)),
    ),
}


@pytest.fixture(scope="module")
def scan() -> Scan:
    return make_phantom(seed=2, spacing_mm=MM, region="abdomen")[0]


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORGANSEG_MODELS", str(tmp_path / "models"))


@pytest.mark.parametrize(
    ("name", "orientation"), [*((name, "LPS") for name in RECIPES), ("anisotropic", "RAS")]
)
def test_labels_are_nnu_nets(name: str, orientation: str, scan: Scan, tmp_path: Path) -> None:
    recipe = RECIPES[name]
    home = write_model(tmp_path, recipe)
    study = tmp_path / "ct.nii.gz"
    sitk.WriteImage(sitk.DICOMOrient(scan.grid.image(scan.voxels), orientation), study)
    theirs = predicted(home, study, recipe.folds)
    ours = segmented([home], study, orientation, tmp_path / "out")
    assert len(np.unique(theirs)) > 1
    assert (ours == theirs).mean() >= 0.999


def test_labels_on_another_grid_differ_at_borders_only(scan: Scan, tmp_path: Path) -> None:
    """Both interpolate outputs linearly, but treat outputs beyond the outermost voxels differently."""
    home = write_model(tmp_path, Recipe(spacing=(9.0, 7.0, 10.0)))
    study = tmp_path / "ct.nii.gz"
    sitk.WriteImage(scan.grid.image(scan.voxels), study)
    theirs = predicted(home, study, ("0",))
    assert (segmented([home], study, "LPS", tmp_path / "out") == theirs).mean() >= 0.99


def test_joint_networks_agree_wherever_no_two_claim_a_voxel(scan: Scan, tmp_path: Path) -> None:
    """TotalSegmentator lets the later network win the others, OrganSeg the one that is furthest ahead."""
    recipes = [
        Recipe(
            spacing=MM, dataset=f"Dataset{seed}_part", labels={"background": 0, f"organ_{seed}": 1}, seed=seed
        )
        for seed in (1, 2)
    ]
    homes = [write_model(tmp_path, recipe) for recipe in recipes]
    study = tmp_path / "ct.nii.gz"
    sitk.WriteImage(scan.grid.image(scan.voxels), study)
    first, second = (predicted(home, study, ("0",)) for home in homes)
    ours = segmented(homes, study, "LPS", tmp_path / "out")
    alone = (first == 0) | (second == 0)
    assert {*np.unique(first), *np.unique(second[~alone])} == {0, 1}
    assert (ours == first + 2 * second)[alone].mean() >= 0.999
    assert (ours[~alone] > 0).mean() >= 0.999


def test_the_rest_of_many_organs_is_the_peers_rounding(
    scan: Scan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It adds up in 16 bits. With random weights, two of 117 organs are often nearer than that."""
    from nnunetv2.inference import predict_from_raw_data

    labels = {"background": 0, **{f"organ_{n}": n for n in range(1, 118)}}
    home = write_model(tmp_path, Recipe(spacing=MM, labels=labels, filters=(24, 8, 8)))
    study = tmp_path / "ct.nii.gz"
    sitk.WriteImage(scan.grid.image(scan.voxels), study)
    ours = segmented([home], study, "LPS", tmp_path / "out")
    rounded = predicted(home, study, ("0",))
    monkeypatch.setattr(torch, "half", torch.half)  # to be put back
    monkeypatch.setattr(predict_from_raw_data, "compute_gaussian", predict_from_raw_data.compute_gaussian)
    sum_in_32_bits()
    exact = predicted(home, study, ("0",))
    assert len(np.unique(exact)) > 10
    assert (ours == exact).mean() >= 0.9999
    assert (exact == rounded).mean() < (ours == exact).mean()
    assert (ours == rounded).mean() >= 0.998
