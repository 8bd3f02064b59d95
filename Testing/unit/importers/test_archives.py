"""Archives whose members or names are odd: refused in words that show nothing of what they try."""

from __future__ import annotations

import os
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from OrganSegLib.errors import ModelError
from OrganSegLib.importers import import_models

from Testing.unit.importers.nnunet_models import write_model
from Testing.unit.importers.test_refusals import packed

pytestmark = pytest.mark.usefixtures("places")


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("change", [str, str.upper])
def test_two_members_of_one_name_are_refused(
    change: Callable[[str], str], refused: Callable[..., ModelError], tmp_path: Path
) -> None:
    """Programs, and systems where case does not count, would differ in which one they see."""
    home = write_model(tmp_path / "m")
    other = {f"{change(home.name)}/plans.json": b"{}"}
    refused(packed(home, tmp_path / "m.zip", **other), "model.import_unsafe", "one name")


def test_more_models_than_anybody_has_are_refused(refused: Callable[..., ModelError], tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "m.zip", "w") as bundle:
        for number in range(2000):
            bundle.writestr(f"{number}/plans.json", b"{}")
    refused(tmp_path / "m.zip", "model.import_unsafe", "2000")


@pytest.mark.parametrize("name", ["\x1b[31m\u202e.zip", "a\nb.zip"])
def test_the_name_of_an_archive_commands_no_terminal(
    name: str, refused: Callable[..., ModelError], tmp_path: Path
) -> None:
    archive = packed(write_model(tmp_path / "m"), tmp_path / "m.zip")
    os.truncate(archive, 500)
    refused(archive.rename(tmp_path / name), "model.import_damaged")
    shutil.rmtree(tmp_path / "m")
    with zipfile.ZipFile(tmp_path / name, "w"):
        pass
    refused(tmp_path / name, "model.import_missing")


@pytest.mark.parametrize("name", ["..zip", "...zip", ".zip", "CON.zip", " .zip", "ř é.zip"])
def test_an_archive_may_have_any_name(name: str, tmp_path: Path) -> None:
    archive = packed(write_model(tmp_path / "m"), tmp_path / "m.zip")
    assert import_models([archive.rename(tmp_path / name)]).plan.name == "organs"
