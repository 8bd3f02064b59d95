"""MONAI bundles with random weights: those that OrganSeg knows, as small as tests need them."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from monai.networks.nets.segresnet import SegResNet
from monai.networks.nets.swin_unetr import SwinUNETR
from monai.networks.nets.unet import UNet
from torch import nn

CLASSES = {"SegResNet": SegResNet, "UNet": UNet, "SwinUNETR": SwinUNETR}
DEVICE = "$torch.device('cuda:0' if torch.cuda.is_available() else 'cpu')"
MODEL = "$'model.pt' if @displayable_configs#highres else 'model_lowres.pt'"
STRUCTURES = (  # more than the network has features, as in the bundle itself
    *("spleen", "kidney_right", "kidney_left", "gallbladder", "liver", "stomach", "aorta"),
    *("inferior_vena_cava", "portal_vein_and_splenic_vein", "pancreas"),
)
RANGE = {"_target_": "ScaleIntensityRanged", "keys": "@image_key", "b_min": 0.0, "b_max": 1.0, "clip": True}


@dataclass(frozen=True)
class Bundle:
    """What is particular to a bundle; sizes are those of tests.

    Attributes:
        title: its name in ``metadata.json``.
        names: label value -> name.
        network: its ``network_def``, without channels.
        intensity: transforms after resampling.
        inferer: settings of the sliding window, lists along x, y, z.
        argmax_first: whether labels, and not probabilities, go back to the scan's grid.
        variants: of two resolutions, ``highres`` and ``lowres`` with twice the spacing.
    """

    title: str
    names: Mapping[int, str]
    network: Mapping[str, Any]
    intensity: Sequence[Mapping[str, Any]]
    inferer: Mapping[str, Any]
    argmax_first: bool = False
    variants: bool = False


WHOLE_BODY = Bundle(
    "Whole body CT segmentation",
    dict(enumerate(STRUCTURES, 1)),
    {
        "_target_": "SegResNet",
        "spatial_dims": 3,
        "init_filters": 8,
        "blocks_down": [1, 2, 2, 4],
        "blocks_up": [1, 1, 1],
        "dropout_prob": 0.2,
    },
    [
        {"_target_": "NormalizeIntensityd", "keys": "@image_key", "nonzero": True},
        {"_target_": "ScaleIntensityd", "keys": "@image_key", "minv": -1.0, "maxv": 1.0},
    ],
    {
        "roi_size": [32, 24, 16],
        "sw_batch_size": "@displayable_configs#sw_batch_size",
        "overlap": "@displayable_configs#sw_overlap",
        "padding_mode": "replicate",
        "mode": "gaussian",
        "device": DEVICE,
    },
    argmax_first=True,
    variants=True,
)
SPLEEN = Bundle(
    "Spleen CT segmentation",
    {1: "spleen"},
    {
        "_target_": "UNet",
        "spatial_dims": 3,
        "channels": [4, 6, 8, 8, 8],
        "strides": [2, 2, 2, 2],
        "num_res_units": 2,
        "norm": "batch",
    },
    [{**RANGE, "a_min": -57, "a_max": 164, "b_min": 0, "b_max": 1}],
    {"roi_size": [16, 32, 32], "sw_batch_size": 4, "overlap": 0.5},
)
BTCV = Bundle(
    "Swin UNETR BTCV segmentation",
    {1: "spleen", 2: "Right Kidney", 3: "Left Kideny", 4: "Gallbladder", 5: "Esophagus", 6: "Liver"},
    {
        "_target_": "SwinUNETR",
        "spatial_dims": 3,
        "img_size": 96,
        "feature_size": 12,
        "use_checkpoint": False,
    },
    [{**RANGE, "a_min": -175, "a_max": 250}],
    {"roi_size": [32, 32, 64], "sw_batch_size": 4, "overlap": 0.5},
)
KNOWN = {"whole-body": WHOLE_BODY, "spleen": SPLEEN, "btcv": BTCV}


@dataclass
class Changes:
    """Entries to write otherwise, each by its way through the file: ``("inferer", "overlap")``."""

    inference: Mapping[tuple[str | int, ...], Any] = field(default_factory=dict)
    metadata: Mapping[tuple[str | int, ...], Any] = field(default_factory=dict)


def make_bundle(
    folder: Path,
    bundle: Bundle = WHOLE_BODY,
    spacing: Sequence[float] = (8.0, 8.0, 8.0),
    changes: Changes | None = None,
    seed: int = 0,
) -> Path:
    """Write ``configs/inference.json``, ``configs/metadata.json``, ``models/*.pt`` and ``LICENSE``.

    Args:
        folder: made, and given back.
        bundle: which of the known ones.
        spacing: of its network along x, y, z in millimetres.
        changes: what to write otherwise.
        seed: of the weights.
    """
    changes = changes or Changes()
    (folder / "configs").mkdir(parents=True)
    (folder / "models").mkdir()
    inference, metadata = inference_facts(bundle, spacing), metadata_facts(bundle)
    for facts, changed in ((inference, changes.inference), (metadata, changes.metadata)):
        for way, value in changed.items():
            _put(facts, way, value)
    (folder / "configs" / "inference.json").write_text(json.dumps(inference, indent=4))
    (folder / "configs" / "metadata.json").write_text(json.dumps(metadata, indent=4))
    (folder / "LICENSE").write_text("\n        Apache License\n    Version 2.0, January 2004\n")
    for number, name in enumerate(("model.pt", "model_lowres.pt") if bundle.variants else ("model.pt",)):
        torch.manual_seed(seed + number)
        torch.save(random_network(bundle).state_dict(), folder / "models" / name)
    return folder


def random_network(bundle: Bundle) -> nn.Module:
    """MONAI's network with weights away from what layers start with, and of a size that survives them."""
    facts = {name: value for name, value in bundle.network.items() if name not in ("_target_", "img_size")}
    make = CLASSES[bundle.network["_target_"]]
    network = make(in_channels=1, out_channels=len(bundle.names) + 1, **facts)
    with torch.no_grad():
        for name, weight in network.named_parameters():
            size = 0.7 * weight[0].numel() ** -0.5 if weight.ndim > 1 else 0.5
            is_scale = weight.ndim == 1 and name.endswith("weight")
            weight.copy_(size * torch.randn_like(weight) + is_scale)
        for name, statistic in network.named_buffers():
            if name.endswith("running_mean"):
                statistic.copy_(0.3 * torch.randn_like(statistic))
            elif name.endswith("running_var"):
                statistic.copy_(0.5 + torch.rand_like(statistic))
    return network.eval()


def inference_facts(bundle: Bundle, spacing: Sequence[float]) -> dict[str, Any]:
    """``inference.json``, with all that surrounds the network in MONAI's own bundles."""
    lowres = [2 * mm for mm in spacing]
    choice = f"${list(spacing)} if @displayable_configs#highres else {lowres}"
    facts: dict[str, Any] = {
        "imports": ["$import glob", "$import numpy", "$import os"],
        "bundle_root": ".",
        "image_key": "image",
        "output_dir": "$@bundle_root + '/eval'",
        "output_ext": ".nii.gz",
        "output_dtype": "$numpy.float32",
        "output_postfix": "trans",
        "separate_folder": True,
        "load_pretrain": True,
        "dataset_dir": "sampledata",
        "datalist": "$list(sorted(glob.glob(@dataset_dir + '/imagesTs/*.nii.gz')))",
        "device": DEVICE,
        "network_def": {**bundle.network, "in_channels": 1, "out_channels": len(bundle.names) + 1},
        "network": "$@network_def.to(@device)",
        "preprocessing": _compose(*_preprocessing(bundle, "@pixdim" if bundle.variants else list(spacing))),
        "dataset": {
            "_target_": "Dataset",
            "data": "$[{'image': i} for i in @datalist]",
            "transform": "@preprocessing",
        },
        "dataloader": {"_target_": "DataLoader", "dataset": "@dataset", "batch_size": 1, "shuffle": False},
        "inferer": {"_target_": "SlidingWindowInferer", **bundle.inferer},
        "postprocessing": _compose(*_postprocessing(bundle)),
        "handlers": [{"_target_": "StatsHandler", "iteration_log": False}],
        "evaluator": {
            "_target_": "SupervisedEvaluator",
            "device": "@device",
            "val_data_loader": "@dataloader",
            "network": "@network",
            "inferer": "@inferer",
            "postprocessing": "@postprocessing",
            "val_handlers": "@handlers",
            "amp": True,
        },
        "checkpointloader": {
            "_target_": "CheckpointLoader",
            "load_path": "$@bundle_root + '/models/model.pt'",
            "load_dict": {"model": "@network"},
        },
        "initialize": [
            "$setattr(torch.backends.cudnn, 'benchmark', True)",
            "$monai.utils.set_determinism(seed=123)",
            "$@checkpointloader(@evaluator) if @load_pretrain else None",
        ],
        "run": ["$@evaluator.run()"],
    }
    if bundle.variants:
        facts["displayable_configs"] = {"highres": True, "sw_overlap": 0.25, "sw_batch_size": 1}
        facts |= {"pixdim": choice, "modelname": MODEL}
        facts["checkpointloader"]["load_path"] = "$@bundle_root + '/models/' + @modelname"
    return copy.deepcopy(facts)


def metadata_facts(bundle: Bundle) -> dict[str, Any]:
    """``metadata.json``."""
    outputs = {"0": "background", **{str(value): name for value, name in bundle.names.items()}}
    return {
        "version": "0.2.5",
        "monai_version": "1.4.0",
        "name": bundle.title,
        "task": "Segmentation",
        "description": "A tiny network with random weights",
        "authors": "MONAI team",
        "copyright": "Copyright (c) MONAI Consortium",
        "data_source": "TotalSegmentator",
        "intended_use": "This is an example, not to be used for diagnostic purposes",
        "references": ["Wasserthal, J. et al., 2022. arXiv:2208.05868."],
        "network_data_format": {
            "inputs": {
                "image": {"type": "image", "format": "hounsfield", "modality": "CT", "num_channels": 1}
            },
            "outputs": {
                "pred": {
                    "type": "image",
                    "format": "segmentation",
                    "num_channels": len(outputs),
                    "channel_def": outputs,
                }
            },
        },
    }


def _preprocessing(bundle: Bundle, pixdim: object) -> list[Mapping[str, Any]]:
    keys = {"keys": "@image_key"}
    return [
        {"_target_": "LoadImaged", **keys},
        {"_target_": "EnsureChannelFirstd", **keys},
        {"_target_": "Orientationd", **keys, "axcodes": "RAS"},
        {"_target_": "Spacingd", **keys, "pixdim": pixdim, "mode": "bilinear"},
        *bundle.intensity,
        {"_target_": "EnsureTyped", **keys},
    ]


def _postprocessing(bundle: Bundle) -> list[Mapping[str, Any]]:
    back = {
        "_target_": "Invertd",
        "keys": "pred",
        "transform": "@preprocessing",
        "orig_keys": "@image_key",
        "nearest_interp": bundle.argmax_first,
        "to_tensor": True,
    }
    argmax = {"_target_": "AsDiscreted", "keys": "pred", "argmax": True}
    saved = {"_target_": "SaveImaged", "keys": "pred", "output_dir": "@output_dir", "resample": False}
    steps = [argmax, back] if bundle.argmax_first else [back, argmax]
    return [{"_target_": "Activationsd", "keys": "pred", "softmax": True}, *steps, saved]


def _compose(*transforms: Mapping[str, Any]) -> dict[str, Any]:
    return {"_target_": "Compose", "transforms": list(transforms)}


def _put(facts: Any, way: Sequence[str | int], value: Any) -> None:
    *outer, last = way
    for key in outer:
        facts = facts[key]
    if isinstance(facts, list) and last == len(facts):
        facts.append(value)
    else:
        facts[last] = value
