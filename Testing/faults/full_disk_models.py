"""Networks written onto a disk that is too small for them: ``converted``, ``exported`` or in ``training``.

Run it as `full_disk`: ``... python -m Testing.faults.full_disk_models WHAT FOLDER MODEL``.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import torch
from organseg_training.files import write_json
from organseg_training.fit import checkpoint
from OrganSegLib.graph import CONSTANTS, GRAPH, openvino_graph
from OrganSegLib.model import load_model, save_model_folder, torch_network
from OrganSegLib.sealed import damage

from .full_disk import Disk, failures

SHARES = (0.0, 0.3, 0.6, 0.9)  # of the pages that are needed


def at_shares(write: Callable[[], object], disk: Disk, code: str, folder: Path | None = None) -> None:
    """Let ``write``, which fills ``folder``, find a part of the room that it needs, and then enough."""
    before = disk.free_pages
    write()
    needed = before - disk.free_pages
    disk.clear(folder)
    steps = sorted({max(1, int(needed * share)) for share in SHARES} | {needed - 1})
    failed = failures(write, disk, disk.pages, (code,), steps)
    assert failed == len(steps), f"{failed} of {steps} failed, {needed} are needed"
    print(f"{failed} sizes, {needed} pages are needed")
    write()


def converted(disk: Disk, folder: Path) -> None:
    """The OpenVINO graph in the user's cache."""
    os.environ["ORGANSEG_CACHE"] = str(disk.place)
    model = load_model(folder)
    at_shares(lambda: openvino_graph(model), disk, "resource.cache", disk.place / "graphs")
    assert damage(openvino_graph(model).parent, (GRAPH, CONSTANTS)) is None


def exported(disk: Disk, folder: Path) -> None:
    """A model folder."""
    model = load_model(folder)
    weights = torch_network(model).state_dict()
    new = disk.place / "model"
    at_shares(lambda: save_model_folder(new, model.plan, weights, "# Card"), disk, "resource.disk_full")
    torch_network(load_model(new))


def training(disk: Disk, _: Path) -> None:
    """A checkpoint, and what a training notes."""
    parts = {"iteration": 3, "weights": torch.zeros(10_000)}
    for name, write in {
        "provenance.json": lambda path: write_json(path, ["x"] * 5000),
        "checkpoint.pt": lambda path: checkpoint.write(path, parts),
    }.items():
        at_shares(lambda write=write, name=name: write(disk.place / name), disk, "resource.disk_full")
    assert torch.equal(checkpoint.read(disk.place / "checkpoint.pt")["weights"], parts["weights"])


if __name__ == "__main__":
    what, place, model = sys.argv[1:]
    {"converted": converted, "exported": exported, "training": training}[what](Disk(Path(place)), Path(model))
