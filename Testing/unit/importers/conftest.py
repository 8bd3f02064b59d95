"""Fixtures of imports that are refused, and of public models."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from OrganSegLib.errors import ModelError
from OrganSegLib.importers import Choice, import_models
from OrganSegLib.importers.catalogue import public_models

from Testing.unit.download.server import Served, serving
from Testing.unit.importers.nnunet_models import Recipe, write_model
from Testing.unit.importers.tiny_public import FIVE, ONE


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """Folders of imported models and of temporary files, both empty."""
    models, temporary = tmp_path / "models", tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("ORGANSEG_MODELS", str(models))
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    return models, temporary


@pytest.fixture
def refused(places: tuple[Path, Path]) -> Callable[..., ModelError]:
    """Imports, and gives the error once nothing is left behind."""

    def refuse(source: Path, code: str, *words: str, choice: Choice = Choice()) -> ModelError:
        with pytest.raises(ModelError) as caught:
            import_models([source], choice)
        assert caught.value.code == code
        assert caught.value.next_step
        assert caught.value.sentence.isprintable()
        for word in words:
            assert word in caught.value.sentence
        assert [path for place in places if place.exists() for path in place.iterdir()] == []
        return caught.value

    return refuse


@pytest.fixture
def _own_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "temporary").mkdir()
    monkeypatch.setenv("ORGANSEG_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("ORGANSEG_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))


@pytest.fixture(scope="session")
def archives(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Name -> a tiny model, for each archive of `ONE` and `FIVE`."""
    made = {}
    for number, file in enumerate((*public_models()[ONE].files, *public_models()[FIVE].files)):
        folder = tmp_path_factory.mktemp("foreign")
        labels = {"background": 0, f"structure_{number}": 1}
        write_model(folder, Recipe(labels=labels, dataset=file.path.removesuffix(".zip"), seed=number))
        made[file.path] = Path(shutil.make_archive(str(folder), "zip", folder)).read_bytes()
    return made


@pytest.fixture
def server(archives: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """A mirror of all of them."""
    with serving(dict(archives)) as served:
        monkeypatch.setenv("ORGANSEG_MIRROR", f"{served.url}/plain")
        yield served


@pytest.fixture
def carried(archives: dict[str, bytes], tmp_path: Path) -> Path:
    """A stick with all of them."""
    folder = tmp_path / "stick"
    folder.mkdir()
    for name, content in archives.items():
        (folder / name).write_bytes(content)
    return folder
