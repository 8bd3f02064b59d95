"""Prints the folder of the default model; where none is installed, of a random one made at the given path."""

from __future__ import annotations

import sys
from pathlib import Path

from OrganSegLib.errors import ModelError
from OrganSegLib.model import load_model, save_model_folder
from OrganSegLib.organs import catalogue
from OrganSegLib.phantom import LABELS
from OrganSegLib.plan import Label, Plan, Window


def main(random_model: Path) -> Path:
    """The folder of the default model, or that of a random one made now."""
    try:
        return load_model().folder
    except ModelError as error:
        if error.code != "model.not_found":
            raise
    import torch
    from OrganSegLib.networks import build

    torch.manual_seed(0)
    plan = _plan()
    save_model_folder(
        random_model, plan, build(plan.network).state_dict(), "Random weights, for timing only.\n"
    )
    return random_model


def _plan() -> Plan:
    """The default model's network and field of view."""
    channels = len(LABELS) + 3  # background, small bowel, other bone
    return Plan(
        name="random",
        version="0",
        description="Random weights, for timing only.",
        spacing_mm=(3.0, 3.0, 3.0),
        windows=(Window(-1000, 1000, 0, 500), Window(-160, 240, 40, 100)),
        patch=(96, 80, 64),
        multiple=16,
        network={
            "name": "SubpixelUNet",
            "arguments": {"in_channels": 2, "out_channels": channels, "filters": [32, 64, 112, 160]},
        },
        channels=channels,
        labels=tuple(Label(n, n, catalogue()[name]) for name, n in LABELS.items()),
        licence="CC0-1.0",
    )


if __name__ == "__main__":
    print(main(Path(sys.argv[1])))
