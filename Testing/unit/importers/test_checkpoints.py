"""Checkpoints that are damaged or hostile: read without running any of them, or refused by name."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy._core.multiarray import scalar
from OrganSegLib.errors import ModelError
from OrganSegLib.importers import import_models
from OrganSegLib.importers.checkpoint import read_checkpoint

from Testing.unit.importers.nnunet_models import Recipe, write_model

CHECKPOINT = Path("fold_0") / "checkpoint_final.pth"
FIRST = "encoder.stages.0.0.convs.0.conv.weight"
Weights = dict[str, torch.Tensor]

pytestmark = pytest.mark.usefixtures("places")


class Call:
    """Calls something when it is unpickled."""

    def __init__(self, called: Callable[..., Any], *arguments: Any) -> None:
        self.call = called, arguments

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return self.call


def test_a_pickle_that_runs_code_is_not_run(refused: Callable[..., ModelError], tmp_path: Path) -> None:
    trap = tmp_path / "sprung"
    home = write_model(tmp_path / "m", Recipe(checkpoint={"logging": Call(Path.touch, trap)}))
    refused(home, "model.import_unsafe", "fold_0", "run code")
    assert not trap.exists()


@pytest.mark.parametrize(
    "bomb",
    [Call(bytearray, 2**40), Call(torch.Tensor, 2**40), Call(scalar, Call(np.dtype, "V1099511627776"))],
    ids=["bytes", "tensor", "number"],
)
def test_a_pickle_that_takes_all_memory_is_refused(
    bomb: Call, refused: Callable[..., ModelError], tmp_path: Path
) -> None:
    """PyTorch takes all of these for safe, or NumPy's numbers, which it was told are, for small."""
    home = write_model(tmp_path / "m", Recipe(checkpoint={"logging": bomb}))
    refused(home, "model.import_unsafe", "fold_0", "run code")


def test_checkpoints_are_read_at_the_same_time(tmp_path: Path) -> None:
    """PyTorch keeps one list of what it trusts for all threads."""
    file = write_model(tmp_path / "m", Recipe(checkpoint={"logging": {"loss": np.float64(0.5)}})) / CHECKPOINT
    with ThreadPoolExecutor(8) as pool:
        read = list(pool.map(lambda _: read_checkpoint(file, "it"), range(64)))
    assert all(checkpoint.trainer == read[0].trainer for checkpoint in read)


def with_weights(folder: Path, change: Callable[[Weights], Weights]) -> Path:
    """A model whose checkpoint holds other weights."""
    home = write_model(folder)
    content = torch.load(home / CHECKPOINT, weights_only=False)
    content["network_weights"] = change(content["network_weights"])
    torch.save(content, home / CHECKPOINT)
    return home


@pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors")
@pytest.mark.parametrize(
    "odd",
    [
        lambda weight: weight.to_sparse(),
        lambda weight: weight.to("meta"),
        lambda weight: torch.nested.nested_tensor([weight, weight]),
    ],
    ids=["sparse", "meta", "nested"],
)
def test_tensors_that_are_not_plain_numbers_are_refused(
    odd: Callable[[torch.Tensor], torch.Tensor], refused: Callable[..., ModelError], tmp_path: Path
) -> None:
    home = with_weights(tmp_path / "m", lambda weights: {**weights, FIRST: odd(weights[FIRST])})
    refused(home, "model.import_unsafe", "_rebuild")


def test_a_checkpoint_of_the_older_kind_is_refused(
    refused: Callable[..., ModelError], tmp_path: Path
) -> None:
    """A zip at its end does not make it a zip: PyTorch would read what stands before."""
    home = write_model(tmp_path / "m")
    content = torch.load(home / CHECKPOINT, weights_only=False)
    torch.save(content, home / CHECKPOINT, _use_new_zipfile_serialization=False)
    with zipfile.ZipFile(home / CHECKPOINT, "a") as bundle:
        bundle.writestr("archive/data.pkl", b"N.")
    refused(home, "model.import_damaged", "fold_0")


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("name", ["data.pkl", "DATA.PKL"])
def test_a_checkpoint_with_two_pickles_is_refused(
    name: str, refused: Callable[..., ModelError], tmp_path: Path
) -> None:
    """PyTorch might read the other one of those that were looked at."""
    home = write_model(tmp_path / "m")
    with zipfile.ZipFile(home / CHECKPOINT, "a") as bundle:
        folder = bundle.namelist()[0].partition("/")[0]
        bundle.writestr(f"{folder}/{name}", b"N.")
    refused(home, "model.import_damaged", "fold_0")


def test_numbers_of_numpy_1_in_a_checkpoint_are_read(tmp_path: Path) -> None:
    home = write_model(tmp_path / "m")
    with zipfile.ZipFile(home / CHECKPOINT) as bundle:
        members = {name: bundle.read(name) for name in bundle.namelist()}
    with zipfile.ZipFile(home / CHECKPOINT, "w") as bundle:
        for name, content in members.items():
            bundle.writestr(name, content.replace(b"cnumpy._core.multiarray\n", b"cnumpy.core.multiarray\n"))
    assert any(b"numpy._core" in content for content in members.values())
    assert import_models([home]).plan.name == "organs"


def test_a_compressed_checkpoint_is_refused(refused: Callable[..., ModelError], tmp_path: Path) -> None:
    home = write_model(tmp_path / "m")
    with zipfile.ZipFile(home / CHECKPOINT, "w", zipfile.ZIP_DEFLATED) as bundle:
        bundle.writestr("archive/data.pkl", bytes(10**6))
    refused(home, "model.import_unsafe", "compressed")


@pytest.mark.parametrize("kept", [0, 100, 0.5, 0.999])
def test_a_truncated_checkpoint_is_refused(
    kept: float, refused: Callable[..., ModelError], tmp_path: Path
) -> None:
    home = write_model(tmp_path / "m")
    size = (home / CHECKPOINT).stat().st_size
    os.truncate(home / CHECKPOINT, int(kept if kept >= 1 else kept * size))
    refused(home, "model.import_damaged", "fold_0/checkpoint_final.pth", "truncated")


@pytest.mark.parametrize(
    "changed",
    [
        {"network_weights": {}},
        {"network_weights": {"encoder.stem": 3}},
        {"network_weights": [1]},
        {"init_args": {}},
        {"trainer_name": 7},
    ],
)
def test_a_checkpoint_of_something_else_is_refused(
    changed: dict[str, Any], refused: Callable[..., ModelError], tmp_path: Path
) -> None:
    refused(write_model(tmp_path / "m", Recipe(checkpoint=changed)), "model.import_damaged")


def test_weights_of_impossible_size_are_refused_before_they_are_copied(
    refused: Callable[..., ModelError], tmp_path: Path
) -> None:
    huge = torch.zeros(1).expand(10**6, 10**6)  # one number that claims to be four terabytes
    home = with_weights(tmp_path / "m", lambda weights: {**weights, FIRST: huge})
    refused(home, "model.import_damaged", "weights")


def test_a_file_that_holds_less_than_it_claims_is_refused(
    refused: Callable[..., ModelError], tmp_path: Path
) -> None:
    home = with_weights(
        tmp_path / "m", lambda weights: {name: torch.zeros(1).expand(w.shape) for name, w in weights.items()}
    )
    refused(home, "model.import_damaged", "weights")
