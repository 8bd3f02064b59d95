"""``organseg models list``, ``info`` and ``install``."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from OrganSegLib.cli.all_commands import app
from OrganSegLib.importers.catalogue import PublicFile, PublicModel, public_models
from OrganSegLib.sealed import sha256
from typer.testing import CliRunner, Result

from Testing.unit.importers.nnunet_models import Recipe, write_model

ENGINE = str(Path(sys.modules["OrganSegLib"].__path__[0]).parent)
NAME = "totalsegmentator-6mm"


@pytest.fixture(autouse=True)
def _own_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORGANSEG_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("ORGANSEG_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """A tiny model in the place of the real one."""
    (file,) = public_models()[NAME].files
    write_model(tmp_path / "foreign", Recipe(dataset=file.path.removesuffix(".zip")))
    return Path(
        shutil.make_archive(str(tmp_path / file.path.removesuffix(".zip")), "zip", tmp_path / "foreign")
    )


def organseg(*arguments: object) -> Result:
    return CliRunner(env={"COLUMNS": "200"}).invoke(app, [str(argument) for argument in arguments])


@pytest.mark.parametrize("command", [["models"], ["models", "list"]])
def test_all_models_are_listed_with_their_terms(command: list[str]) -> None:
    shown = organseg(*command)
    assert shown.exit_code == 0
    lines = {line.split()[0]: line.split() for line in shown.stdout.splitlines() if line.strip()}
    for name in public_models():
        assert "Apache-2.0" in lines[name]
    assert lines["totalsegmentator-3mm"][1:] == ["117", "3", "Apache-2.0", "135", "53"]
    assert "~1170" in lines["totalsegmentator-1.5mm"]


@pytest.mark.parametrize("model", [m for m in public_models().values() if m.files], ids=lambda m: m.name)
def test_a_public_model_is_described_before_it_is_installed(model: PublicModel) -> None:
    shown = organseg("models", "info", model.name)
    assert shown.exit_code == 0
    terms = (model.weights_licence, model.data_licence, model.citation, model.home, model.estimate)
    checksums = [f"{file.url}: {stated(file)}" for file in model.files]
    for text in (*terms, *checksums):
        assert text in shown.stdout


def stated(file: PublicFile) -> str:
    if file.pinned:
        return f"SHA-256 {file.sha256}" if file.sha256 else f"MD5 {file.md5}"
    return "its publisher states no checksum"


def test_a_model_is_installed_from_a_file_and_shows_its_checksum(archive: Path) -> None:
    shown = organseg("models", "install", NAME, "--accept-licence", "--from", archive)
    assert shown.exit_code == 0, shown.output
    assert "Licence of the weights: Apache-2.0" in shown.stdout
    assert f"SHA-256 {sha256(archive)}, on record since" in shown.stdout
    assert f"--model {NAME}" in shown.stdout
    assert archive.is_file()

    listed = organseg("models").stdout
    assert listed.count(NAME) == 1
    assert f"SHA-256 {sha256(archive)}" in organseg("models", "info", NAME).stdout
    assert organseg("models", "verify", NAME).exit_code == 0
    again = organseg("models", "install", NAME, "--accept-licence", "--from", archive)
    assert (again.exit_code, "Error [model.exists]" in again.stderr) == (4, True)
    assert organseg("models", "remove", NAME).exit_code == 0
    assert organseg("models").stdout.count(NAME) == 1


@pytest.mark.parametrize(
    ("arguments", "code", "exit_code"),
    [
        ([NAME], "model.licence", 4),
        (["organseg-ct-3mm"], "model.shipped", 4),
        (["nobody's", "--accept-licence"], "model.not_public", 4),
        ([NAME, "--accept-licence", "--from", "nothing.zip"], "model.import_missing", 4),
        (["totalsegmentator-3mm", "--accept-licence", "--from", __file__], "download.checksum", 8),
    ],
)
def test_refusals_have_their_codes(arguments: list[str], code: str, exit_code: int, tmp_path: Path) -> None:
    refused = organseg("models", "install", *arguments)
    assert refused.exit_code == exit_code
    assert f"Error [{code}]" in refused.stderr
    assert not list(tmp_path.glob("models/*"))


@pytest.mark.parametrize(
    ("answer", "code", "exit_code"),
    [(b"n\n", "model.licence", 4), (b"y\n", "model.import_missing", 4), (b"\x04", "cancelled", 130)],
)
def test_somebody_at_a_terminal_is_asked(answer: bytes, code: str, exit_code: int) -> None:
    """Who accepts gets on to the file, which is not there."""
    keyboard, terminal = os.openpty()
    os.write(keyboard, answer)
    command = [sys.executable, "-m", "OrganSegLib", "models", "install", NAME, "--from", "nothing.zip"]
    ended = subprocess.run(command, stdin=terminal, capture_output=True, cwd=ENGINE, text=True, timeout=60)
    os.close(keyboard)
    os.close(terminal)
    assert "Do you accept these licences?" in ended.stderr
    assert f"Error [{code}]" in ended.stderr
    assert ended.returncode == exit_code
