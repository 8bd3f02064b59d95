"""A computer whose numbers have a decimal comma: Python leaves C's numbers alone, Qt in Slicer does not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import SimpleITK as sitk

from Testing.unit.shapes import two_organs

from .command import unmeasured

pytestmark = pytest.mark.faults

ROOT = Path(__file__).resolve().parents[2]
GERMAN = "de_DE.UTF-8"


@pytest.fixture(scope="module")
def locales(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds the German one."""
    place = tmp_path_factory.mktemp("locales")
    try:
        make = ["localedef", "-i", "de_DE", "-f", "UTF-8", place / GERMAN]
        subprocess.run(make, capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("German locale data are not installed (package locales)")
    return place


def test_no_number_and_no_file_is_another(locales: Path, tmp_path: Path) -> None:
    scan, _ = two_organs("oblique")
    image = scan.grid.image(scan.voxels)
    image.SetSpacing((0.75, 1.25, 2.5))
    volumes = [tmp_path / f"volume{ending}" for ending in (".nii.gz", ".nrrd", ".mha")]
    for volume in volumes:
        sitk.WriteImage(image, volume)
    told = {}
    for name in ("C", GERMAN):
        done = subprocess.run(
            [sys.executable, "-m", "Testing.faults.localised", name, tmp_path / name, *volumes],
            cwd=ROOT,
            env={**unmeasured(), "LOCPATH": str(locales)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        told[name] = done.stdout
    assert told["C"][0] + told[GERMAN][0] == ".,"
    assert told["C"][1:] == told[GERMAN][1:]
    files = [path.relative_to(tmp_path / "C") for path in (tmp_path / "C").rglob("*") if path.is_file()]
    assert len(files) > 10
    for file in files:
        assert (tmp_path / "C" / file).read_bytes() == (tmp_path / GERMAN / file).read_bytes(), file
