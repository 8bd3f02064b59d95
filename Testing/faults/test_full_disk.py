"""A disk that is full at any page, or holds no more files: a sentence, nothing half-written, nothing lost."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from OrganSegLib.formats import FORMATS

from .command import unmeasured
from .full_disk import PICTURE

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


def _numbers(folder: Path, *what: str) -> list[int]:
    """What `full_disk` counted."""
    place = folder / "disk"
    place.mkdir()
    module = [sys.executable, "-m", "Testing.faults.full_disk", what[0], str(place), *what[1:]]
    done = subprocess.run(
        [*OWN_MOUNTS, *module], cwd=ROOT, env=unmeasured(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return [int(number) for number in re.findall(r"^\d+", done.stdout, re.MULTILINE)]


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


@pytest.mark.parametrize("name", [PICTURE, *FORMATS])
def test_further_formats(name: str, tmp_path: Path) -> None:
    (pages,) = _numbers(tmp_path, "further", name)
    assert pages >= 1
