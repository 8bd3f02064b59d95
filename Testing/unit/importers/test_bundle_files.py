"""Files of bundles that are missing, damaged or hostile: refused, no code run, nothing left behind."""

from __future__ import annotations

import os
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from OrganSegLib.errors import ModelError
from OrganSegLib.importers import import_models
from torch import nn

from Testing.unit.importers.bundles import SPLEEN, make_bundle
from Testing.unit.importers.odd import refusals
from Testing.unit.importers.test_checkpoints import Call
from Testing.unit.importers.test_refusals import packed

pytestmark = pytest.mark.usefixtures("places")

Refuse = Callable[..., ModelError]
WEIGHTS = Path("models") / "model.pt"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A small bundle."""
    return make_bundle(tmp_path / "bundle", SPLEEN)


@pytest.mark.parametrize(
    "content", ["", "[]", '{"a": ', "[" * 100_000, f'{{"a": {"[" * 900}{"]" * 900}}}', "{}", "\xff\xfe", "7"]
)
@pytest.mark.parametrize("name", ["inference.json", "metadata.json"])
def test_damaged_json_is_refused(name: str, content: str, home: Path, refused: Refuse) -> None:
    (home / "configs" / name).write_text(content, encoding="latin-1")
    refused(home, "model.import_damaged")


@pytest.mark.parametrize("name", ["inference.json", "metadata.json"])
def test_odd_values_anywhere_are_taken_or_refused_in_words(home: Path, name: str) -> None:
    said = refusals(home, home / "configs" / name, tries=60)
    assert said
    assert all(sentence.isprintable() for sentence in said)


@pytest.mark.parametrize("name", ["configs/inference.json", "configs/metadata.json", "models/model.pt"])
def test_a_missing_file_is_named(name: str, home: Path, refused: Refuse) -> None:
    (home / name).unlink()
    refused(home, "model.import_missing", name)


def test_yaml_is_refused_with_a_word(home: Path, refused: Refuse) -> None:
    (home / "configs" / "inference.json").rename(home / "configs" / "inference.yaml")
    refused(home, "model.import_unsupported", "YAML")


def test_a_pickle_that_runs_code_is_not_run(home: Path, refused: Refuse, tmp_path: Path) -> None:
    trap = tmp_path / "sprung"
    torch.save({"model": Call(Path.touch, trap)}, home / WEIGHTS)
    refused(home, "model.import_unsafe", "models/model.pt", "run code")
    assert not trap.exists()


def test_torchscript_is_refused(home: Path, refused: Refuse) -> None:
    torch.jit.script(nn.Conv3d(1, 2, 3)).save(str(home / WEIGHTS))
    refused(home, "model.import_unsafe", "TorchScript")


@pytest.mark.parametrize("kept", [0, 100, 0.5, 0.999])
def test_truncated_weights_are_refused(kept: float, home: Path, refused: Refuse) -> None:
    size = (home / WEIGHTS).stat().st_size
    os.truncate(home / WEIGHTS, int(kept if kept >= 1 else kept * size))
    refused(home, "model.import_damaged", "models/model.pt", "truncated")


@pytest.mark.parametrize("content", [{}, {"model": {}}, [1], {"model": 3}, {"a": torch.zeros(3)}])
def test_weights_of_something_else_are_refused(content: object, home: Path, refused: Refuse) -> None:
    torch.save(content, home / WEIGHTS)
    refused(home, "model.import_damaged", "models/model.pt")


def test_weights_that_a_file_only_claims_to_hold_are_refused(home: Path, refused: Refuse) -> None:
    state = torch.load(home / WEIGHTS, weights_only=True)
    torch.save({name: torch.zeros(()).expand(w.shape) for name, w in state.items()}, home / WEIGHTS)
    refused(home, "model.import_damaged", "weights")


def test_bundles_are_imported_one_by_one(refused: Refuse, tmp_path: Path) -> None:
    first, second = (make_bundle(tmp_path / "zoo" / name, SPLEEN) for name in ("first", "second"))
    refused(tmp_path / "zoo", "model.import_unsupported", "several", "second")
    with pytest.raises(ModelError) as caught:
        import_models([first, second])
    assert caught.value.code == "model.import_unsupported"


def test_an_archive_that_leaves_its_folder_is_refused(home: Path, refused: Refuse, tmp_path: Path) -> None:
    archive = packed(home, tmp_path / "m.zip", **{"../configs/inference.json": b"x"})
    refused(archive, "model.import_unsafe", "outside")


@pytest.mark.parametrize("kept", [0, 10, 0.5])
def test_a_truncated_archive_is_refused(kept: float, home: Path, refused: Refuse, tmp_path: Path) -> None:
    archive = packed(home, tmp_path / "m.zip")
    os.truncate(archive, int(kept if kept >= 1 else kept * archive.stat().st_size))
    refused(archive, "model.import_damaged", "m.zip")


def test_an_archive_that_the_disk_cannot_take_is_told(
    home: Path, refused: Refuse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = packed(home, tmp_path / "m.zip")
    full = shutil.disk_usage(tmp_path)._replace(free=1000)
    monkeypatch.setattr("shutil.disk_usage", lambda _: full)
    refused(archive, "model.not_writable", "GB")


def test_a_disk_that_fills_up_while_unpacking_is_told(
    home: Path, refused: Refuse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> str:
        raise OSError(28, "No space left on device")

    archive = packed(home, tmp_path / "m.zip")
    monkeypatch.setattr(zipfile.ZipFile, "extract", full)
    refused(archive, "model.not_writable", "No space left")
