"""Where the data that ships with OrganSeg is found."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest
from OrganSegLib import resources
from OrganSegLib.errors import ModelError


def test_the_checkout_has_its_resources() -> None:
    assert (resources.resources_dir() / "organs.json").is_file()


@pytest.mark.parametrize("place", ["lib/Resources", "Resources"])
def test_an_installation_has_them_inside_or_beside_the_library(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = tmp_path / place
    installed.mkdir(parents=True)
    shutil.copy(resources.resources_dir() / "organs.json", installed)
    monkeypatch.setattr(resources, "__file__", str(tmp_path / "lib" / "resources.py"))
    assert resources.resources_dir() == installed.resolve()


def test_an_incomplete_installation_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resources, "__file__", str(tmp_path / "a" / "b" / "resources.py"))
    with pytest.raises(ModelError) as raised:
        resources.resources_dir()
    assert raised.value.code == "model.no_resources"


def test_the_cache_is_where_the_user_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORGANSEG_CACHE", str(tmp_path / "mine"))
    assert resources.cache_dir() == tmp_path / "mine"


@pytest.mark.parametrize(
    ("platform", "variable", "usual", "below"),
    [
        ("linux", "XDG_CACHE_HOME", ".cache", "organseg"),
        ("win32", "LOCALAPPDATA", "AppData/Local", "OrganSeg/Cache"),
        ("darwin", "", "Library/Caches", "OrganSeg"),
    ],
)
def test_the_cache_is_where_each_system_keeps_its_caches(
    platform: str, variable: str, usual: str, below: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ORGANSEG_CACHE", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(resources.sys, "platform", platform)
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    assert resources.cache_dir() == tmp_path / usual / below
    if variable:
        monkeypatch.setenv(variable, str(tmp_path / "elsewhere"))
        assert resources.cache_dir() == tmp_path / "elsewhere" / below


@pytest.mark.parametrize(
    ("platform", "variable", "value", "expected"),
    [
        ("linux", "ORGANSEG_MODELS", "/mine", Path("/mine")),
        ("linux", "XDG_DATA_HOME", "/data", Path("/data/organseg/models")),
        ("linux", "HOME", "/home/a", Path("/home/a/.local/share/organseg/models")),
        ("darwin", "HOME", "/Users/a", Path("/Users/a/Library/Application Support/OrganSeg/Models")),
        ("win32", "LOCALAPPDATA", "/local", Path("/local/OrganSeg/Models")),
    ],
)
def test_imported_models_lie_where_the_platform_keeps_data(
    platform: str, variable: str, value: str, expected: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ORGANSEG_MODELS", "XDG_DATA_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(variable, value)
    monkeypatch.setattr(sys, "platform", platform)
    assert resources.models_dir() == expected
