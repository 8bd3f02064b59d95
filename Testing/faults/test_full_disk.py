"""A disk that is full at any page, or holds no more files: a sentence, nothing half-written, nothing lost."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from OrganSegLib.formats import FORMATS

from .command import unmeasured
from .full_disk import DISTANCES, PICTURE

ROOT = Path(__file__).resolve().parents[2]
OWN_MOUNTS = ["unshare", "--user", "--map-root-user", "--mount"]


def _may_mount() -> bool:
    try:
        return subprocess.run([*OWN_MOUNTS, "true"], capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


pytestmark = [
    pytest.mark.faults,
    pytest.mark.skipif(not _may_mount(), reason="this user may not mount a small disk of its own"),
]


def _told(folder: Path, *what: str, module: str = "full_disk") -> list[tuple[int, str]]:
    """What `full_disk` or `full_disk_models` counted: each number, and of what."""
    place = folder / "disk"
    place.mkdir()
    command = [sys.executable, "-m", f"Testing.faults.{module}", what[0], str(place), *what[1:]]
    done = subprocess.run(
        [*OWN_MOUNTS, *command], cwd=ROOT, env=unmeasured(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    lines = re.findall(r"^(\d+) (.*)$", done.stdout, re.MULTILINE)
    return [(int(number), words) for number, words in lines]


def _numbers(folder: Path, *what: str, module: str = "full_disk") -> list[int]:
    return [number for number, _ in _told(folder, *what, module=module)]


def test_results_at_every_page_and_every_file(tmp_path: Path) -> None:
    empty, beside, files = _numbers(tmp_path, "results")
    assert empty > 25
    assert beside > 25
    assert files > 8


def test_voxels_for_the_other_process_at_every_page(tmp_path: Path) -> None:
    (sizes,) = _numbers(tmp_path, "handed_over")
    assert sizes > 20


def test_model_folders_and_zips(tmp_path: Path) -> None:
    models, files = _numbers(tmp_path, "sealed")
    assert models > 2
    assert files > 2


@pytest.mark.parametrize("what", ["converted", "exported", "training"])
def test_networks(what: str, tiny_model: Path, tmp_path: Path) -> None:
    numbers = _numbers(tmp_path, what, str(tiny_model), module="full_disk_models")
    assert min(numbers) >= 3


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, int]:
    """How many each format takes, once it was refused for want of them; in one process, which saves time."""
    told = _told(tmp_path_factory.mktemp("further"), "further", PICTURE, DISTANCES, *FORMATS)
    return {words.removeprefix("pages, "): number for number, words in told}


@pytest.mark.parametrize("name", [PICTURE, DISTANCES, *FORMATS])
def test_further_formats(name: str, pages: dict[str, int]) -> None:
    assert pages[name] >= 1
