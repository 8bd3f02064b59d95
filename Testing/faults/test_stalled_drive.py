"""A drive that never answers, as a pipe to which nobody writes: refused, and never waited for."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from OrganSegLib.export import RESULTS, check_is_free, write_results
from OrganSegLib.ingest import inspect_study, read_study
from OrganSegLib.model import load_model
from OrganSegLib.phantom import write_image
from OrganSegLib.pipeline import Segmentation
from OrganSegLib.proximity import find_target, measure_proximity, write_proximity
from OrganSegLib.proximity.files import read_proximity
from OrganSegLib.results import load_results, read_results

from Testing.fuzz.sandbox import Sandbox
from Testing.unit.shapes import two_organs

pytestmark = [
    pytest.mark.faults,
    pytest.mark.skipif(sys.platform == "win32", reason="pipes in folders are POSIX"),
]

SECONDS = 20.0
SCAN, LABELS = two_organs()


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with Sandbox(tmp_path_factory.mktemp("sandbox"), SECONDS) as sandbox:
        yield sandbox


def _stall(path: Path) -> Path:
    """Let a file be one that never comes."""
    if path.is_dir():
        shutil.rmtree(path)
    path.unlink(missing_ok=True)
    os.mkfifo(path)
    return path


def _told(sandbox: Sandbox, *work: object) -> str:
    """The code of a named error."""
    outcome = sandbox.run(*work)  # type: ignore[arg-type]  # a function and its arguments
    assert not outcome.fault, outcome.fault
    assert outcome.error
    assert outcome.error["next_step"]
    return outcome.error["code"]


@pytest.mark.parametrize("name", ["ct.nii.gz", "ct.nrrd", "ct.mha", "ct.dcm", "ct.zip", "DICOMDIR"])
def test_studies(name: str, sandbox: Sandbox, tmp_path: Path) -> None:
    stalled = _stall(tmp_path / name)
    assert _told(sandbox, read_study, stalled) == "input.not_a_file"
    assert _told(sandbox, inspect_study, stalled) == "input.not_a_file"
    assert _told(sandbox, read_study, tmp_path) == "input.empty_folder"


NHDR = """NRRD0004
type: short
dimension: 3
sizes: 8 8 8
spacings: 1 1 1
endian: little
encoding: raw
data file: voxels.raw
"""
MHD = """ObjectType = Image
NDims = 3
DimSize = 8 8 8
ElementSpacing = 1 1 1
ElementType = MET_SHORT
ElementDataFile = voxels.raw
"""


@pytest.mark.parametrize(("name", "header"), [("ct.nhdr", NHDR), ("ct.mhd", MHD)])
def test_voxels_beside_a_header(name: str, header: str, sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / name).write_text(header)
    _stall(tmp_path / "voxels.raw")
    assert _told(sandbox, read_study, tmp_path / name).startswith("input.")


@pytest.mark.parametrize("name", ["plan.json", "weights.safetensors", "SHA256SUMS", "MODEL_CARD.md"])
def test_models(name: str, sandbox: Sandbox, tiny_model: Path) -> None:
    _stall(tiny_model / name)
    assert _told(sandbox, load_model, tiny_model).startswith("model.")


@pytest.fixture
def results(tmp_path: Path) -> Path:
    study = write_image(SCAN, tmp_path / "ct.nii.gz")
    found = Segmentation.of(SCAN, LABELS, run={"study": {"path": str(study), "series_uid": ""}})
    write_results(tmp_path / "out", found, picture=False)
    return tmp_path / "out"


@pytest.mark.parametrize("name", ["segmentation.nii.gz", "labels.json", "measurements.json"])
def test_results(name: str, sandbox: Sandbox, results: Path) -> None:
    _stall(results / name)
    assert _told(sandbox, read_results, results) == "input.no_results"
    assert _told(sandbox, load_results, results) == "input.no_results"


def test_the_study_of_results(sandbox: Sandbox, results: Path) -> None:
    _stall(results.parent / "ct.nii.gz")
    assert _told(sandbox, load_results, results) == "input.not_a_file"


def test_targets_and_distances(sandbox: Sandbox, results: Path) -> None:
    target = _stall(results / "lesion.nii.gz")
    assert _told(sandbox, find_target, str(target), LABELS) in (
        "input.unreadable_target",
        "input.unknown_target",
    )
    write_proximity(results, measure_proximity(LABELS, find_target("liver", LABELS)))
    _stall(results / "proximity.json")
    assert _told(sandbox, read_proximity, results) == "input.damaged_proximity"


@pytest.mark.parametrize("name", [".organseg-files", ".organseg-lock", *RESULTS])
def test_result_folders_to_write_into(name: str, sandbox: Sandbox, results: Path) -> None:
    """It is replaced where OrganSeg wrote it, or in the way."""
    _stall(results / name)
    assert _told(sandbox, check_is_free, results).startswith("output.")
    found = Segmentation.of(SCAN, LABELS, surfaces={})
    outcome = sandbox.run(write_results, results, found, True, False)
    assert not outcome.fault
    assert outcome.error or not (results / name).is_fifo()
