"""nnU-Net's own predictor: ``python -m Testing.benchmarks.nnunet_way VOLUME MODEL OUTPUT``.

In tiles with half overlap, without mirroring, as TotalSegmentator runs it; OUTPUT has no file ending.
"""

from __future__ import annotations

import sys

import torch
from nnunetv2.inference.predict_from_raw_data import nnUNetPredictor


def main(volume: str, model_folder: str, output: str) -> None:
    """Write the labels."""
    predictor = nnUNetPredictor(
        use_mirroring=False, perform_everything_on_device=False, device=torch.device("cpu"), allow_tqdm=False
    )
    predictor.initialize_from_trained_model_folder(model_folder, (0,))
    predictor.predict_from_files_sequential([[volume]], [output])


if __name__ == "__main__":
    main(*sys.argv[1:])
