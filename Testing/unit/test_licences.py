"""Licences of what is installed with OrganSeg: none that would oblige whoever passes OrganSeg on."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROJECT = tomllib.loads((Path(__file__).resolve().parents[2] / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]
FOR_DEVELOPERS = ("dev", "slicer-test")


def _licence(package: Distribution) -> str:
    """What a package says of its licence: an SPDX expression, or its classifiers, or a word."""
    facts = package.metadata
    classifiers = [line for line in facts.get_all("Classifier") or () if line.startswith("License ::")]
    return facts.get("License-Expression") or " ".join(classifiers) or facts.get("License", "")


def _installed(requirements: list[str]) -> dict[str, str]:
    """Name -> licence of what these need, directly or not, as far as it is installed here."""
    licences: dict[str, str] = {}
    todo = [(Requirement(text), "") for text in requirements]
    while todo:
        wanted, extra = todo.pop()
        name = canonicalize_name(wanted.name)
        if name in licences or (wanted.marker and not wanted.marker.evaluate({"extra": extra})):
            continue
        try:
            package = distribution(name)
        except PackageNotFoundError:
            continue
        licences[name] = _licence(package)
        extras = wanted.extras or {""}
        todo += [(Requirement(text), extra) for text in package.requires or () for extra in extras]
    return licences


@pytest.mark.parametrize("extra", ["", *(name for name in EXTRAS if name != "peers")])
def test_no_package_is_under_the_gpl(extra: str) -> None:
    licences = _installed(EXTRAS[extra] if extra else PROJECT["dependencies"])
    assert licences, f"nothing of {extra} is installed"
    assert [name for name, licence in licences.items() if not licence] == []
    # LGPL leaves a choice (Qt's packages), and only developers get it.
    lesser = "LGPL|Lesser General Public" if extra in FOR_DEVELOPERS else "nothing"
    bound = {
        name: licence
        for name, licence in licences.items()
        if re.search("GPL|General Public", licence) and not re.search(lesser, licence)
    }
    assert bound == {}
