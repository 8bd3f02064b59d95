"""A random TotalSegmentator ``--fast`` model: ``python -m Testing.benchmarks.totalsegmentator_weights HOME``.

The folder layout and the network (nnU-Net v2, 5 stages, 32 to 320 features, 117 structures, 3 mm) are those
of its task 297; nothing is downloaded and its usage statistics are switched off. The background's bias is
raised so that the result is empty: noise in 117 structures would be slow to resample, and a real result is
not noise. Its times are therefore lower bounds.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import torch
from nnunetv2.utilities.get_network_from_plans import get_network_from_plans
from totalsegmentator.map_tasks_config import TASK_CONFIGS, TASK_ID_WEIGHTS_CONFIGS
from totalsegmentator.map_to_binary import class_map

CONFIGURATION, PLANS = "3d_fullres", "nnUNetPlans"
BACKGROUND_BIAS = 1000.0
ARCHITECTURE: dict[str, Any] = {
    "network_class_name": "dynamic_network_architectures.architectures.unet.PlainConvUNet",
    "arch_kwargs": {
        "n_stages": 5,
        "features_per_stage": [32, 64, 128, 256, 320],
        "conv_op": "torch.nn.modules.conv.Conv3d",
        "kernel_sizes": [[3, 3, 3]] * 5,
        "strides": [[1, 1, 1]] + [[2, 2, 2]] * 4,
        "n_conv_per_stage": [2] * 5,
        "n_conv_per_stage_decoder": [2] * 4,
        "conv_bias": True,
        "norm_op": "torch.nn.modules.instancenorm.InstanceNorm3d",
        "norm_op_kwargs": {"eps": 1e-5, "affine": True},
        "dropout_op": None,
        "dropout_op_kwargs": None,
        "nonlin": "torch.nn.LeakyReLU",
        "nonlin_kwargs": {"inplace": True},
    },
    "_kw_requires_import": ["conv_op", "norm_op", "dropout_op", "nonlin"],
}


def main(home: Path) -> None:
    """Fill TotalSegmentator's home folder."""
    task = TASK_CONFIGS["total"]["sub_modes"]["fast"]
    dataset = TASK_ID_WEIGHTS_CONFIGS[task["task_id"]]["foldername"]
    folder = home / "nnunet" / "results" / dataset / f"{task['trainer']}__{PLANS}__{CONFIGURATION}"
    (folder / "fold_0").mkdir(parents=True, exist_ok=True)
    structures = class_map["total"]
    _write(home / "config.json", {"totalseg_id": "", "send_usage_stats": False, "prediction_counter": 0})
    _write(folder / "plans.json", _plans(dataset))
    _write(
        folder / "dataset.json",
        {
            "channel_names": {"0": "CT"},
            "labels": {"background": 0, **{name: value for value, name in structures.items()}},
            "numTraining": 1559,
            "file_ending": ".nii.gz",
        },
    )
    checkpoint = {
        "network_weights": _random_weights(len(structures) + 1),
        "trainer_name": task["trainer"],
        "init_args": {"configuration": CONFIGURATION},
        "inference_allowed_mirroring_axes": None,
    }
    torch.save(checkpoint, folder / "fold_0" / "checkpoint_final.pth")


def _random_weights(outputs: int) -> dict[str, torch.Tensor]:
    torch.manual_seed(0)
    network = get_network_from_plans(
        ARCHITECTURE["network_class_name"],
        ARCHITECTURE["arch_kwargs"],
        ARCHITECTURE["_kw_requires_import"],
        1,
        outputs,
        deep_supervision=False,
    )
    with torch.no_grad():
        network.decoder.seg_layers[-1].bias[0] = BACKGROUND_BIAS
    return network.state_dict()


def _plans(dataset: str) -> dict[str, Any]:
    resampling = {"is_seg": False, "order": 3, "order_z": 0, "force_separate_z": None}
    to_shape = "resample_data_or_seg_to_shape"
    return {
        "dataset_name": dataset,
        "plans_name": PLANS,
        "original_median_spacing_after_transp": [3.0, 3.0, 3.0],
        "original_median_shape_after_transp": [117, 122, 122],
        "image_reader_writer": "SimpleITKIO",
        "transpose_forward": [0, 1, 2],
        "transpose_backward": [0, 1, 2],
        "experiment_planner_used": "ExperimentPlanner",
        "label_manager": "LabelManager",
        "foreground_intensity_properties_per_channel": {
            "0": {"mean": 0.0, "std": 400.0, "percentile_00_5": -1000.0, "percentile_99_5": 1000.0}
        },
        "configurations": {
            CONFIGURATION: {
                "data_identifier": f"{PLANS}_{CONFIGURATION}",
                "preprocessor_name": "DefaultPreprocessor",
                "batch_size": 2,
                "patch_size": [112, 112, 128],
                "median_image_size_in_voxels": [117.0, 122.0, 122.0],
                "spacing": [3.0, 3.0, 3.0],
                "normalization_schemes": ["CTNormalization"],
                "use_mask_for_norm": [False],
                "resampling_fn_data": to_shape,
                "resampling_fn_seg": to_shape,
                "resampling_fn_probabilities": to_shape,
                "resampling_fn_data_kwargs": resampling,
                "resampling_fn_seg_kwargs": {**resampling, "is_seg": True, "order": 1},
                "resampling_fn_probabilities_kwargs": {**resampling, "order": 1},
                "batch_dice": False,
                "architecture": ARCHITECTURE,
            }
        },
    }


def _write(path: Path, facts: dict[str, Any]) -> None:
    path.write_text(json.dumps(facts))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
