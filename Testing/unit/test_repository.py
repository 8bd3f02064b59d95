"""The repository as others receive it: the wheel, the Slicer extension's description, the pins."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel's content, as pip would leave it."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = folder.glob("organseg-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def test_the_wheel_finds_its_own_resources(installed: Path) -> None:
    code = "from OrganSegLib.resources import resources_dir; print(resources_dir())"
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    command = [sys.executable, "-S", "-c", code]  # -S: this environment's own OrganSeg stays out of it
    found = subprocess.run(
        command, env=environment, cwd=installed, check=True, capture_output=True, text=True
    )
    assert Path(found.stdout.strip()) == installed / "OrganSegLib" / "Resources"


@pytest.mark.parametrize(
    ("source", "package"),
    [
        ("OrganSeg/OrganSegLib", "OrganSegLib"),
        ("training/organseg_training", "organseg_training"),
        ("Resources", "OrganSegLib/Resources"),
    ],
)
def test_the_wheel_carries_every_file(installed: Path, source: str, package: str) -> None:
    tracked = subprocess.run(["git", "ls-files", source], cwd=ROOT, capture_output=True, text=True)
    if tracked.returncode:
        pytest.skip("not a git checkout")
    wanted = {Path(name).relative_to(source) for name in tracked.stdout.splitlines()}
    carried = {path.relative_to(installed / package) for path in (installed / package).rglob("*")}
    assert wanted
    assert wanted <= carried


def test_the_wheel_has_the_command_and_the_licence(installed: Path) -> None:
    (information,) = installed.glob("organseg-*.dist-info")
    assert "organseg = OrganSegLib.cli:main" in (information / "entry_points.txt").read_text()
    assert "Apache License" in (information / "licenses" / "LICENSE").read_text()


def test_the_catalogue_entry_agrees_with_cmake() -> None:
    entry = json.loads((ROOT / "OrganSegExtension" / "OrganSeg.json").read_text())
    lines = (ROOT / "CMakeLists.txt").read_text()
    cmake = dict(re.findall(r'^set\(EXTENSION_(\w+) "(.*)"\)$', lines, flags=re.MULTILINE))
    assert entry["category"] == cmake["CATEGORY"]
    assert entry["build_dependencies"] == cmake["DEPENDS"].split()
    assert cmake["HOMEPAGE"].startswith(entry["scm_url"].removesuffix(".git"))
    icon = cmake["ICONURL"].split(f"/{entry['scm_revision']}/")[1]
    assert (ROOT / icon).is_file()


def test_every_direct_requirement_is_pinned_and_the_pin_allowed() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pins = dict(line.split("==") for line in lines if not line.startswith("#"))
    pins = {canonicalize_name(name): version for name, version in pins.items()}
    direct = [*project["dependencies"], *(r for name in extras if name != "peers" for r in extras[name])]
    for requirement in map(Requirement, direct):
        assert requirement.specifier.contains(pins[canonicalize_name(requirement.name)]), requirement
