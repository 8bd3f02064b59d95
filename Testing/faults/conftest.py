"""The tiny model of the unit tests, their cache, and a command that uses both."""

from __future__ import annotations

from pathlib import Path

import pytest
from OrganSegLib.phantom import make_phantom, write_image

from Testing.unit.conftest import _own_cache, _tiny_model_folder, tiny_model, tiny_plan

from .command import Command

__all__ = ["_own_cache", "_tiny_model_folder", "tiny_model", "tiny_plan"]


@pytest.fixture(scope="session")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    scan, _ = make_phantom(seed=2, spacing_mm=(8.0, 8.0, 8.0), region="abdomen")
    return write_image(scan, tmp_path_factory.mktemp("study") / "scan.nii.gz")


@pytest.fixture
def command(study: Path, tiny_model: Path, tmp_path: Path) -> Command:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    return Command(study, tiny_model, tmp_path / "out", temporary)
