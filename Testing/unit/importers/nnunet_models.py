"""Models with random weights in nnU-Net v2's own format, written by torch and json alone."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from OrganSegLib.networks.nnunet import NnUNet

PLANS, CONFIGURATION = "nnUNetPlans", "3d_fullres"
FOLDER = f"nnUNetTrainer__{PLANS}__{CONFIGURATION}"
LABELS = {"background": 0, "Liver": 1, "Left Kidney": 2, "tumour/lesion": 3}
HU = {"mean": 10.0, "std": 300.0, "percentile_00_5": -950.0, "percentile_99_5": 800.0}


@dataclass
class Recipe:
    """What a model shall be like; lists go along nnU-Net's own axes, which ``transpose`` makes of z, y, x."""

    labels: Mapping[str, Any] = field(default_factory=lambda: dict(LABELS))
    filters: Sequence[int] = (4, 6, 8)
    patch: Sequence[int] = (16, 16, 16)
    spacing: Sequence[float] = (6.0, 6.0, 6.0)
    kernels: Sequence[Sequence[int]] = ((3, 3, 3), (3, 3, 3), (3, 3, 3))
    strides: Sequence[Sequence[int]] = ((1, 1, 1), (2, 2, 2), (2, 2, 2))
    blocks: Sequence[int] = (2, 2, 2)
    decoder_blocks: Sequence[int] = (2, 2)
    residual: bool = False
    transpose: Sequence[int] = (0, 1, 2)
    folds: Sequence[str] = ("0",)
    channels: Mapping[str, str] = field(default_factory=lambda: {"0": "CT"})
    scheme: str = "CTNormalization"
    masked: bool = False
    reader: str = "SimpleITKIO"
    legacy: bool = False  # plans as nnU-Net wrote them before version 2.3
    dataset: str = "Dataset123_Organs"
    trainer: str = "nnUNetTrainer"
    seed: int = 0
    resampling: Mapping[str, Any] = field(
        default_factory=lambda: {"is_seg": False, "order": 3, "order_z": 0, "force_separate_z": None}
    )
    changed: Mapping[str, Any] = field(default_factory=dict)  # entries of the configuration
    checkpoint: Mapping[str, Any] = field(default_factory=dict)  # entries of the checkpoints

    @property
    def dimensions(self) -> int:
        return len(self.patch)

    @property
    def outputs(self) -> int:
        return len([name for name in self.labels if name != "ignore"])


def write_model(folder: Path, recipe: Recipe | None = None) -> Path:
    """``folder/Dataset.../trainer__plans__configuration``, complete; returns that folder."""
    recipe = recipe or Recipe()
    home = folder / recipe.dataset / f"{recipe.trainer}__{PLANS}__{CONFIGURATION}"
    home.mkdir(parents=True)
    (home / "plans.json").write_text(json.dumps(_plans(recipe)))
    dataset = {"channel_names": recipe.channels, "labels": recipe.labels, "numTraining": 7}
    (home / "dataset.json").write_text(json.dumps({**dataset, "file_ending": ".nii.gz"}))
    for number, fold in enumerate(recipe.folds):
        (home / f"fold_{fold}").mkdir()
        torch.manual_seed(recipe.seed + number)
        checkpoint = {
            "network_weights": _weights(recipe),
            "trainer_name": recipe.trainer,
            "init_args": {"configuration": CONFIGURATION, "fold": fold, "device": torch.device("cpu")},
            "logging": {"mean_fg_dice": [np.float64(0.5), np.float32(0.6)]},
            "inference_allowed_mirroring_axes": None,
            **recipe.checkpoint,
        }
        torch.save(checkpoint, home / f"fold_{fold}" / "checkpoint_final.pth")
    return home


def _weights(recipe: Recipe) -> dict[str, torch.Tensor]:
    """Weights by nnU-Net's names: layers of blocks twice, the encoder once more in the decoder, all heads."""
    network = NnUNet(
        1,
        recipe.outputs,
        recipe.dimensions,
        recipe.filters,
        recipe.kernels,
        recipe.strides,
        recipe.blocks,
        recipe.decoder_blocks,
        recipe.residual,
    )
    with torch.no_grad():  # away from what layers start with, and of a size that survives them
        for name, weight in network.named_parameters():
            size = 0.7 * weight[0].numel() ** -0.5 if weight.ndim > 1 else 0.5
            weight.copy_(size * torch.randn_like(weight) + (".N.weight" in name))
    weights: dict[str, torch.Tensor] = {}
    for name, weight in network.state_dict().items():
        theirs = _theirs(name, recipe)
        weights[theirs] = weight
        if re.search(r"\.(conv|norm)\.\w+$", theirs):
            weights[theirs.replace(".conv.", ".all_modules.0.").replace(".norm.", ".all_modules.1.")] = weight
    for level, features in enumerate(recipe.filters[-2:0:-1]):
        weights[f"decoder.seg_layers.{level}.weight"] = torch.randn(
            recipe.outputs, features, *[1] * recipe.dimensions
        )
        weights[f"decoder.seg_layers.{level}.bias"] = torch.randn(recipe.outputs)
    return weights | {f"decoder.{n}": w for n, w in weights.items() if n.startswith("encoder.")}


def _theirs(name: str, recipe: Recipe) -> str:
    name = re.sub(r"^stem\.", "encoder.stem.convs.0.", name)
    level = "blocks." if recipe.residual else "0.convs."
    name = re.sub(r"^down\.(\d+)\.", rf"encoder.stages.\1.{level}", name)
    name = re.sub(r"^up\.(\d+)\.", r"decoder.stages.\1.convs.", name)
    name = re.sub(r"^upsample\.", "decoder.transpconvs.", name)
    name = re.sub(r"^head\.", f"decoder.seg_layers.{len(recipe.filters) - 2}.", name)
    name = name.replace(".first.", ".conv1.").replace(".second.", ".conv2.").replace(".adn.N.", ".norm.")
    if found := re.match(r"encoder\.stages\.(\d+)\.", name):
        strided = max(recipe.strides[int(found[1])]) > 1
        name = name.replace(".project.", f".skip.{int(strided)}.")
    return name


def _plans(recipe: Recipe) -> dict[str, Any]:
    to_shape = "resample_data_or_seg_to_shape"
    configuration = {
        "data_identifier": f"{PLANS}_{CONFIGURATION}",
        "preprocessor_name": "DefaultPreprocessor",
        "batch_size": 2,
        "patch_size": recipe.patch,
        "median_image_size_in_voxels": [64.0, 64.0, 64.0],
        "spacing": recipe.spacing,
        "normalization_schemes": [recipe.scheme],
        "use_mask_for_norm": [recipe.masked],
        "resampling_fn_data": to_shape,
        "resampling_fn_seg": to_shape,
        "resampling_fn_probabilities": to_shape,
        "resampling_fn_data_kwargs": recipe.resampling,
        "resampling_fn_seg_kwargs": {**recipe.resampling, "is_seg": True, "order": 1},
        "resampling_fn_probabilities_kwargs": {**recipe.resampling, "order": 1},
        "batch_dice": False,
    }
    configuration |= _legacy(recipe) if recipe.legacy else {"architecture": _architecture(recipe)}
    return {
        "dataset_name": recipe.dataset,
        "plans_name": PLANS,
        "original_median_spacing_after_transp": recipe.spacing,
        "original_median_shape_after_transp": [64, 64, 64],
        "image_reader_writer": recipe.reader,
        "transpose_forward": recipe.transpose,
        "transpose_backward": [list(recipe.transpose).index(axis) for axis in range(3)],
        "experiment_planner_used": "ExperimentPlanner",
        "label_manager": "LabelManager",
        "foreground_intensity_properties_per_channel": {"0": HU},
        "configurations": {
            "base": configuration,
            CONFIGURATION: {"inherits_from": "base", **recipe.changed},
        },
    }


def _architecture(recipe: Recipe) -> dict[str, Any]:
    kind = "ResidualEncoderUNet" if recipe.residual else "PlainConvUNet"
    dimensions = recipe.dimensions
    return {
        "network_class_name": f"dynamic_network_architectures.architectures.unet.{kind}",
        "arch_kwargs": {
            "n_stages": len(recipe.filters),
            "features_per_stage": recipe.filters,
            "conv_op": f"torch.nn.modules.conv.Conv{dimensions}d",
            "kernel_sizes": recipe.kernels,
            "strides": recipe.strides,
            ("n_blocks_per_stage" if recipe.residual else "n_conv_per_stage"): recipe.blocks,
            "n_conv_per_stage_decoder": recipe.decoder_blocks,
            "conv_bias": True,
            "norm_op": f"torch.nn.modules.instancenorm.InstanceNorm{dimensions}d",
            "norm_op_kwargs": {"eps": 1e-5, "affine": True},
            "dropout_op": None,
            "dropout_op_kwargs": None,
            "nonlin": "torch.nn.LeakyReLU",
            "nonlin_kwargs": {"inplace": True},
        },
        "_kw_requires_import": ["conv_op", "norm_op", "dropout_op", "nonlin"],
    }


def _legacy(recipe: Recipe) -> dict[str, Any]:
    return {
        "UNet_class_name": "ResidualEncoderUNet" if recipe.residual else "PlainConvUNet",
        "UNet_base_num_features": recipe.filters[0],
        "unet_max_num_features": max(recipe.filters),
        "n_conv_per_stage_encoder": recipe.blocks,
        "n_conv_per_stage_decoder": recipe.decoder_blocks,
        "num_pool_per_axis": [2, 2, 2],
        "pool_op_kernel_sizes": recipe.strides,
        "conv_kernel_sizes": recipe.kernels,
    }
