"""Foreign models that are damaged, hostile or not for OrganSeg: refused, with nothing left behind."""

from __future__ import annotations

import json
import os
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from OrganSegLib.errors import ModelError
from OrganSegLib.importers import Choice, import_models

from Testing.unit.importers.nnunet_models import Recipe, write_model
from Testing.unit.importers.odd import refusals

CHECKPOINT = Path("fold_0") / "checkpoint_final.pth"


pytestmark = pytest.mark.usefixtures("places")


def packed(home: Path, archive: Path, **extra: bytes) -> Path:
    """A zip of the model and of more members."""
    with zipfile.ZipFile(archive, "w") as bundle:
        for path in home.rglob("*"):
            bundle.write(path, path.relative_to(home.parent))
        for name, content in extra.items():
            bundle.writestr(name, content)
    return archive


@pytest.mark.parametrize("name", ["plans.json", "dataset.json", str(CHECKPOINT)])
def test_a_missing_file_is_named(name: str, refused: Callable[..., ModelError], tmp_path: Path) -> None:
    home = write_model(tmp_path / "m")
    (home / name).unlink()
    refused(home, "model.import_missing", Path(name).name)


def test_a_missing_fold_is_named(refused: Callable[..., ModelError], tmp_path: Path) -> None:
    refused(write_model(tmp_path / "m"), "model.import_missing", "fold_3", choice=Choice(folds=("3",)))


def test_what_is_not_there_is_named(refused: Callable[..., ModelError], tmp_path: Path) -> None:
    refused(tmp_path / "nothing", "model.import_missing", "nothing")


@pytest.mark.parametrize(
    "content", ["", "[]", '{"a": ', "[" * 100_000, "{}", '{"labels": {"background": 0}}']
)
@pytest.mark.parametrize("name", ["plans.json", "dataset.json"])
def test_damaged_json_is_refused(
    name: str, content: str, refused: Callable[..., ModelError], tmp_path: Path
) -> None:
    home = write_model(tmp_path / "m")
    (home / name).write_text(content)
    refused(home, "model.import_damaged")


@pytest.mark.parametrize("name", ["plans.json", "dataset.json"])
def test_odd_values_anywhere_are_taken_or_refused_in_words(name: str, tmp_path: Path) -> None:
    home = write_model(tmp_path / "m")
    said = refusals(home, home / name, tries=40)
    assert said
    assert all(sentence.isprintable() for sentence in said)


@pytest.mark.parametrize("name", ["../out", "/out", "a/../../out", "C:\\out", "..\\out"])
def test_an_archive_that_leaves_its_folder_is_refused(
    name: str, refused: Callable[..., ModelError], tmp_path: Path
) -> None:
    archive = packed(write_model(tmp_path / "m"), tmp_path / "m.zip", **{name: b"x"})
    refused(archive, "model.import_unsafe", "outside")


def test_an_archive_with_a_link_is_refused(refused: Callable[..., ModelError], tmp_path: Path) -> None:
    archive = packed(write_model(tmp_path / "m"), tmp_path / "m.zip")
    link = zipfile.ZipInfo("Dataset/plans.json")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(archive, "a") as bundle:
        bundle.writestr(link, "/etc/passwd")
    refused(archive, "model.import_unsafe", "link")


def test_a_bomb_is_refused(refused: Callable[..., ModelError], tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as bundle:
        bundle.writestr("model/plans.json", bytes(80 * 2**20))
    refused(tmp_path / "bomb.zip", "model.import_unsafe", "GB")


@pytest.mark.parametrize("kept", [0, 10, 0.5])
def test_a_truncated_archive_is_refused(
    kept: float, refused: Callable[..., ModelError], tmp_path: Path
) -> None:
    archive = packed(write_model(tmp_path / "m"), tmp_path / "m.zip")
    os.truncate(archive, int(kept if kept >= 1 else kept * archive.stat().st_size))
    refused(archive, "model.import_damaged", "m.zip")


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA])
def test_an_archive_with_damaged_bytes_is_refused(
    method: int, refused: Callable[..., ModelError], tmp_path: Path
) -> None:
    archive = tmp_path / "m.zip"
    with zipfile.ZipFile(archive, "w", method) as bundle:
        bundle.writestr("model/plans.json", json.dumps(list(range(1000))))
    content = bytearray(archive.read_bytes())
    content[100:140] = bytes(40)
    archive.write_bytes(content)
    refused(archive, "model.import_damaged", "m.zip")


def test_only_what_an_import_needs_is_unpacked(tmp_path: Path, places: tuple[Path, Path]) -> None:
    archive = packed(write_model(tmp_path / "m"), tmp_path / "m.zip", **{"setup.py": b"raise SystemExit"})
    model = import_models([archive])
    assert sorted(path.name for path in model.folder.iterdir()) == [
        "MODEL_CARD.md",
        "SHA256SUMS",
        "plan.json",
        "weights.safetensors",
    ]
    assert list(places[1].iterdir()) == []


ARCHITECTURE = {"network_class_name": "a.b.Mamba", "arch_kwargs": {}}


@pytest.mark.parametrize(
    ("recipe", "words"),
    [
        (Recipe(labels={"background": 0, "whole": [1, 2], "core": 2}), "region"),
        (Recipe(channels={"0": "CT", "1": "PET"}), "2 images"),
        (Recipe(channels={"0": "T1"}, scheme="ZScoreNormalization"), "'T1'"),
        (Recipe(scheme="RescaleTo01Normalization"), "RescaleTo01Normalization"),
        (Recipe(changed={"previous_stage": "3d_lowres"}), "cascade"),
        (Recipe(changed={"architecture": ARCHITECTURE}), "Mamba"),
        (Recipe(changed={"resampling_fn_data": "resample_torch"}), "resample_torch"),
        (Recipe(changed={"preprocessor_name": "Mine"}), "Mine"),
        (Recipe(strides=((2, 2, 2),) * 3), "fewer voxels"),
        (Recipe(patch=(8, 8, 8), strides=((1, 1, 1), (2, 2, 2), (4, 4, 4))), "tiles are too small"),
        (
            Recipe(
                patch=(16, 16),
                spacing=(6.0, 6.0),
                kernels=((3, 3),) * 3,
                strides=((1, 1), (2, 2), (2, 2)),
                transpose=(1, 0, 2),
            ),
            "not axial",
        ),
    ],
)
def test_what_organseg_cannot_do_as_nnu_net_does_is_refused(
    recipe: Recipe, words: str, refused: Callable[..., ModelError], tmp_path: Path
) -> None:
    refused(write_model(tmp_path / "m", recipe), "model.import_unsupported", words)


@pytest.mark.parametrize(
    ("setting", "value"),
    [("norm_op", "torch.nn.BatchNorm3d"), ("nonlin", "torch.nn.GELU"), ("squeeze_excitation", True)],
)
def test_unusual_layers_are_refused(
    setting: str, value: object, refused: Callable[..., ModelError], tmp_path: Path
) -> None:
    home = write_model(tmp_path / "m")
    plans = json.loads((home / "plans.json").read_text())
    plans["configurations"]["base"]["architecture"]["arch_kwargs"][setting] = value
    (home / "plans.json").write_text(json.dumps(plans))
    refused(home, "model.import_unsupported", setting)


@pytest.mark.parametrize(
    ("recipe", "words"),
    [
        (Recipe(spacing=(60.0, 6.0, 6.0)), "spacing"),
        (Recipe(patch=(4, 16, 16)), "patch"),
        (Recipe(resampling={"order": 9}), "splines"),
    ],
)
def test_what_no_plan_may_say_is_said_of_the_model(
    recipe: Recipe, words: str, refused: Callable[..., ModelError], tmp_path: Path
) -> None:
    """And not of a plan that the user never saw."""
    error = refused(write_model(tmp_path / "m", recipe), "model.import_damaged", words)
    assert "plan.json" not in error.sentence


def test_undefined_weights_are_said_of_the_model(refused: Callable[..., ModelError], tmp_path: Path) -> None:
    home = write_model(tmp_path / "m")
    content = torch.load(home / CHECKPOINT, weights_only=False)
    next(iter(content["network_weights"].values())).fill_(float("nan"))
    torch.save(content, home / CHECKPOINT)
    refused(home, "model.import_damaged", "infinite or undefined")


def test_a_drive_that_does_not_take_a_name_is_told(
    refused: Callable[..., ModelError], tmp_path: Path
) -> None:
    refused(
        write_model(tmp_path / "m"), "model.import_damaged", "too long", choice=Choice(folds=("0" * 300,))
    )


def test_a_name_that_is_taken_is_told_before_anything_is_read(tmp_path: Path) -> None:
    import_models([write_model(tmp_path / "m")], Choice(name="mine"))
    with pytest.raises(ModelError) as caught:
        import_models([tmp_path / "nothing"], Choice(name="mine"))
    assert caught.value.code == "model.exists"


def test_a_folder_of_something_else_is_told_what_it_lacks(
    refused: Callable[..., ModelError], tmp_path: Path
) -> None:
    (tmp_path / "m").mkdir()
    refused(tmp_path / "m", "model.import_missing", "plans.json", "inference.json")


@pytest.mark.parametrize("features", [[4, 6], [4, 6, 0], [4, 6, 10**9], "all", [5, 6, 8]])
def test_a_network_that_cannot_be_is_refused(
    features: object, refused: Callable[..., ModelError], tmp_path: Path
) -> None:
    home = write_model(tmp_path / "m")
    plans = json.loads((home / "plans.json").read_text())
    plans["configurations"]["base"]["architecture"]["arch_kwargs"]["features_per_stage"] = features
    (home / "plans.json").write_text(json.dumps(plans))
    refused(home, "model.import_damaged")


def test_several_models_must_be_told_apart(refused: Callable[..., ModelError], tmp_path: Path) -> None:
    write_model(tmp_path / "m")
    other = write_model(tmp_path / "n")
    other.rename(tmp_path / "m" / "Dataset123_Organs" / "nnUNetTrainer__nnUNetPlans__2d")
    refused(tmp_path / "m", "model.import_unsupported", "several", "__2d")
    model = import_models([tmp_path / "m"], Choice(configuration="3d_fullres"))
    assert model.plan.dimensions == 3


def test_a_disk_that_cannot_be_written_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("ORGANSEG_MODELS", str(tmp_path / "file"))
    with pytest.raises(ModelError) as caught:
        import_models([write_model(tmp_path / "m")])
    assert caught.value.code == "model.not_writable"
    assert "ORGANSEG_MODELS" in caught.value.next_step
