"""Nothing is installed without asking, and nothing at all in testing mode."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
from OrganSegLib.errors import OrganSegError

ABSENT = "organseg-needs-no-such-package>=1.0"


@pytest.fixture
def requirements(tmp_path: Path) -> Path:
    path = tmp_path / "requirements.txt"
    path.write_text(f"# what is needed\nnumpy>=1.0\n\n{ABSENT}  # and this\n", encoding="utf-8")
    return path


@pytest.fixture
def user(slicer: Any, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A user who answers as told, in a Slicer outside testing mode; what was asked and installed is kept."""
    user: dict[str, Any] = {"agrees": True, "asked": [], "installed": []}

    def ask(text: str, *_: object) -> bool:
        user["asked"].append(text)
        return bool(user["agrees"])

    monkeypatch.setattr(type(slicer.app), "testingEnabled", lambda _: False)
    monkeypatch.setattr(slicer.util, "confirmOkCancelDisplay", ask)
    monkeypatch.setattr(slicer.util, "pip_install", user["installed"].append, raising=False)
    return user


def _refusal(requirements: Path) -> OrganSegError:
    from OrganSegSlicer.installation import ensure_packages

    with pytest.raises(OrganSegError) as caught:
        ensure_packages([requirements], print)
    assert caught.value.next_step
    return caught.value


def test_nobody_is_asked_where_nothing_is_missing(user: dict[str, Any]) -> None:
    from OrganSegSlicer.installation import ensure_packages, requirements_of

    files = requirements_of("segment", "measure", "report")
    assert len(files) == 3
    ensure_packages(files, print)
    assert user["asked"] == []


def test_the_user_is_asked_once_and_told_what_and_how_large(user: dict[str, Any], requirements: Path) -> None:
    from OrganSegSlicer.installation import ensure_packages

    told: list[str] = []
    ensure_packages([requirements], told.append)
    assert ABSENT.partition(">")[0] in told[0]
    (question,) = user["asked"]
    assert "organseg-needs-no-such-package" in question
    assert "MB" in question
    assert user["installed"] == [[ABSENT]]


def test_nothing_is_installed_against_the_users_will(user: dict[str, Any], requirements: Path) -> None:
    user["agrees"] = False
    assert _refusal(requirements).code == "setup.declined"
    assert user["installed"] == []


def test_testing_mode_installs_nothing(slicer: Any, requirements: Path) -> None:
    assert slicer.app.testingEnabled()
    assert _refusal(requirements).code == "setup.testing"


def test_without_internet_the_way_out_is_told(
    slicer: Any, user: dict[str, Any], requirements: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> None:
        raise subprocess.CalledProcessError(1, "pip")

    monkeypatch.setattr(slicer.util, "pip_install", fail)
    assert user["agrees"]
    error = _refusal(requirements)
    assert error.code == "setup.failed"
    assert "--no-index" in error.next_step


def test_torch_comes_through_its_extension(
    user: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from OrganSegSlicer import installation

    requirements = tmp_path / "requirements.txt"
    requirements.write_text("torch>=2.6\n", encoding="utf-8")
    monkeypatch.setattr(installation, "_is_satisfied", lambda _: False)
    assert _refusal(requirements).code == "setup.no_pytorch_extension"
    assert user["installed"] == []


def test_every_format_lists_what_it_needs(slicer: Any) -> None:
    from OrganSegLib.formats import FORMATS
    from OrganSegSlicer.installation import requirements_of

    assert slicer
    needing = {name for name, form in FORMATS.items() if form.needs}
    for name in needing:
        (file,) = requirements_of(name)
        listed = file.read_text(encoding="utf-8").replace("-", "_").lower()
        assert all(package.lower() in listed for package in FORMATS[name].needs), name
    assert [name for name in FORMATS if name not in needing and requirements_of(name)] == []
