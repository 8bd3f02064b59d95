"""Where the data that ships with OrganSeg is found."""

from __future__ import annotations

import shutil
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
