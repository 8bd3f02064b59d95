"""``python foreign.py FOLDER``: tiny models with random weights, in the formats of nnU-Net v2 and MONAI.

A process of its own makes them, since Slicer's never imports torch.
"""

import json
import sys
from pathlib import Path

FEATURES = 4, 6  # of both levels
NNUNET, BUNDLE = "nnunet", "bundle"
NNUNET_LABELS = {"background": 0, "Liver": 1, "Left Kidney": 2, "Lump": 3}
EACH_SOMEWHERE = (  # pairs of outputs that are opposites: each label wins in some place
    *((1.0, -1.0, 0.0, 0.0), (-1.0, 1.0, 0.0, 0.0)),
    *((0.0, 0.0, 1.0, -1.0), (0.0, 0.0, -1.0, 1.0)),
)
BUNDLE_LABELS = {"0": "background", "1": "spleen", "2": "Right Kidney"}
SPACING_MM = 8.0


def write_nnunet(folder: Path) -> None:
    """``plans.json``, ``dataset.json`` and one fold of a network with two levels."""
    import torch

    fold = folder / "Dataset123_Tiny" / "nnUNetTrainer__nnUNetPlans__3d_fullres" / "fold_0"
    fold.mkdir(parents=True)
    checkpoint = {
        "network_weights": _nnunet_weights(),
        "trainer_name": "nnUNetTrainer",
        "init_args": {"configuration": "3d_fullres"},
    }
    torch.save(checkpoint, fold / "checkpoint_final.pth")
    _write(fold.parent / "plans.json", _plans())
    dataset = {"channel_names": {"0": "CT"}, "labels": NNUNET_LABELS, "numTraining": 1}
    _write(fold.parent / "dataset.json", dataset)


def _nnunet_weights() -> dict:
    import torch

    torch.manual_seed(1)
    first, second = FEATURES
    weights = {
        "decoder.transpconvs.0.weight": torch.randn(second, first, 2, 2, 2),
        "decoder.transpconvs.0.bias": torch.zeros(first),
        "decoder.seg_layers.0.weight": torch.tensor(EACH_SOMEWHERE).reshape(4, first, 1, 1, 1),
        "decoder.seg_layers.0.bias": torch.zeros(4),
    }
    for name, after, before in (
        ("encoder.stages.0.0.convs.0", first, 1),
        ("encoder.stages.1.0.convs.0", second, first),
        ("decoder.stages.0.convs.0", first, 2 * first),
    ):
        weights[f"{name}.conv.weight"] = torch.randn(after, before, 3, 3, 3)
        weights[f"{name}.norm.weight"] = torch.ones(after)
        weights |= {f"{name}.{layer}.bias": torch.zeros(after) for layer in ("conv", "norm")}
    return weights


def _plans() -> dict:
    resample = {"is_seg": False, "order": 1, "order_z": 0, "force_separate_z": None}
    network = {
        "n_stages": 2,
        "features_per_stage": FEATURES,
        "conv_op": "torch.nn.modules.conv.Conv3d",
        "kernel_sizes": [[3, 3, 3], [3, 3, 3]],
        "strides": [[1, 1, 1], [2, 2, 2]],
        "n_conv_per_stage": [1, 1],
        "n_conv_per_stage_decoder": [1],
        "conv_bias": True,
        "norm_op": "torch.nn.modules.instancenorm.InstanceNorm3d",
        "norm_op_kwargs": {"eps": 1e-5, "affine": True},
        "nonlin": "torch.nn.LeakyReLU",
        "nonlin_kwargs": {"inplace": True},
    }
    configuration = {
        "preprocessor_name": "DefaultPreprocessor",
        "patch_size": [32, 32, 32],
        "spacing": [SPACING_MM] * 3,
        "normalization_schemes": ["CTNormalization"],
        "use_mask_for_norm": [False],
        "resampling_fn_data": "resample_data_or_seg_to_shape",
        "resampling_fn_data_kwargs": resample,
        "architecture": {
            "network_class_name": "dynamic_network_architectures.architectures.unet.PlainConvUNet",
            "arch_kwargs": network,
        },
    }
    hu = {"mean": 0.0, "std": 300.0, "percentile_00_5": -900.0, "percentile_99_5": 900.0}
    return {
        "dataset_name": "Dataset123_Tiny",
        "image_reader_writer": "SimpleITKIO",
        "transpose_forward": [0, 1, 2],
        "foreground_intensity_properties_per_channel": {"0": hu},
        "configurations": {"3d_fullres": configuration},
    }


def write_bundle(folder: Path) -> None:
    """``configs`` and ``models`` of a U-Net with two levels."""
    import torch
    from monai.networks.nets.unet import UNet

    torch.manual_seed(2)
    network = {"spatial_dims": 3, "in_channels": 1, "out_channels": len(BUNDLE_LABELS)}
    network |= {"channels": FEATURES, "strides": [2], "num_res_units": 1, "norm": "batch"}
    (folder / "models").mkdir(parents=True)
    (folder / "configs").mkdir()
    torch.save(UNet(**network).state_dict(), folder / "models" / "model.pt")
    _write(folder / "configs" / "inference.json", _inference(network))
    prediction = {
        "type": "image",
        "format": "segmentation",
        "num_channels": len(BUNDLE_LABELS),
        "channel_def": BUNDLE_LABELS,
    }
    image = {"type": "image", "format": "hounsfield", "modality": "CT", "num_channels": 1}
    data = {"inputs": {"image": image}, "outputs": {"pred": prediction}}
    _write(
        folder / "configs" / "metadata.json",
        {"name": "Tiny bundle", "version": "1", "network_data_format": data},
    )


def _inference(network: dict) -> dict:
    scaling = {"a_min": -200, "a_max": 300, "b_min": 0.0, "b_max": 1.0, "clip": True}
    before = [
        {"_target_": "LoadImaged"},
        {"_target_": "EnsureChannelFirstd"},
        {"_target_": "Orientationd", "axcodes": "RAS"},
        {"_target_": "Spacingd", "pixdim": [SPACING_MM] * 3, "mode": "bilinear"},
        {"_target_": "ScaleIntensityRanged", **scaling},
        {"_target_": "EnsureTyped"},
    ]
    back = {"transform": "@preprocessing", "orig_keys": "image", "nearest_interp": False, "to_tensor": True}
    after = [
        {"_target_": "Activationsd", "softmax": True},
        {"_target_": "Invertd", **back},
        {"_target_": "AsDiscreted", "argmax": True},
    ]
    return {
        "network_def": {"_target_": "UNet", **network},
        "network": "@network_def",
        "preprocessing": _compose("image", before),
        "inferer": {"_target_": "SlidingWindowInferer", "roi_size": [32, 32, 32], "overlap": 0.5},
        "postprocessing": _compose("pred", after),
    }


def _compose(key: str, transforms: list[dict]) -> dict:
    return {"_target_": "Compose", "transforms": [{**step, "keys": key} for step in transforms]}


def _write(path: Path, facts: dict) -> None:
    path.write_text(json.dumps(facts, indent=1), encoding="utf-8")


if __name__ == "__main__":
    write_nnunet(Path(sys.argv[1]) / NNUNET)
    write_bundle(Path(sys.argv[1]) / BUNDLE)
