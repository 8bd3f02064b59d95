"""``organseg models import`` and ``verify``: wrong usage, and models that are not imported yet."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from OrganSegLib.cli.all_commands import app
from typer.testing import CliRunner, Result

from Testing.unit.importers.nnunet_models import write_model


@pytest.fixture(autouse=True)
def _own_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORGANSEG_MODELS", str(tmp_path / "models"))


def organseg(*arguments: object) -> Result:
    return CliRunner(env={"COLUMNS": "200"}).invoke(app, [str(argument) for argument in arguments])


@pytest.mark.parametrize(("written", "meant"), [("lps", "LPS"), ("PIR", None), ("RA", None), ("RAX", None)])
def test_an_orientation_is_taken_in_any_case_or_refused_as_wrong_usage(
    written: str, meant: str | None, tmp_path: Path
) -> None:
    result = organseg("models", "import", write_model(tmp_path), "--orientation", written)
    assert result.exit_code == (0 if meant else 2)
    if meant:
        assert f"taken for {meant}" in result.stdout
    else:
        assert "such as RAS" in result.stderr


@pytest.mark.parametrize("given", ["foreign", "foreign.zip"])
def test_a_foreign_model_that_is_not_imported_yet_is_told_how(given: str, tmp_path: Path) -> None:
    write_model(tmp_path / "foreign")
    shutil.make_archive(str(tmp_path / "foreign"), "zip", tmp_path / "foreign")
    assert "organseg models import" in organseg("models", "verify", tmp_path / given).stderr
