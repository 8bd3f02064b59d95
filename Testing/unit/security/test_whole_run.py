"""What leaves a run besides its results: no call over the network, no word of the patient, no stray file."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import OrganSegLib
import pydicom
import pytest

from Testing.unit.dicom_studies import dicom_study

LIBRARY = str(Path(OrganSegLib.__file__).parents[1])
# Imported by every Python that starts, the worker's too: notes who is called.
WATCHER = """
import os, sys
CALLS = {"socket.getaddrinfo", "socket.gethostbyname", "socket.connect", "socket.sendto"}
def watch(event, arguments):
    if event in CALLS and not isinstance(arguments[-1], (str, bytes)):  # a string names a local socket
        with open(os.environ["CALLED"], "a") as log:
            log.write(f"{event} {arguments}\\n")
sys.addaudithook(watch)
"""
SECRETS = ("Müller", "Jürgen", "M\\u00fcller", "4711", "19500203", "1950")


@dataclass(frozen=True)
class Run:
    """A command that was run in a home of its own."""

    code: int
    told: str
    called: str
    home: set[str]
    temporary: list[str]


def _run(place: Path, *arguments: str | Path) -> Run:
    """``organseg`` with these arguments, watched."""
    for name in ("home", "temporary", "watcher"):
        (place / name).mkdir(parents=True)
    (place / "watcher" / "sitecustomize.py").write_text(WATCHER)
    environment = {name: value for name, value in os.environ.items() if name != "ORGANSEG_CACHE"}
    environment |= {
        "HOME": str(place / "home"),
        "TMPDIR": str(place / "temporary"),
        "PYTHONPATH": os.pathsep.join((str(place / "watcher"), LIBRARY)),
        "CALLED": str(place / "called"),
    }
    done = subprocess.run(
        [sys.executable, "-W", "always", "-m", "OrganSegLib", *map(str, arguments)],
        env=environment,
        cwd=place,
        capture_output=True,
        text=True,
    )
    called = (place / "called").read_text() if (place / "called").exists() else ""
    home = {path.name for path in (place / "home").iterdir()}
    temporary = [path.name for path in (place / "temporary").iterdir()]
    return Run(done.returncode, done.stdout + done.stderr, called, home, temporary)


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CT of a patient with a name, and with values that libraries complain about."""
    folder = dicom_study(tmp_path_factory.mktemp("study") / "CT")
    for file in folder.iterdir():
        headers = pydicom.dcmread(file)
        with pydicom.config.disable_value_validation():
            headers.PatientID = "4711" * 20
            headers.PatientBirthDate = "1950-02-03, Müller"
            headers.PatientAge = "Jürgen"
            headers.StudyDate = "Müller"
            headers.save_as(file)
    return folder


def test_a_run_keeps_everything_to_itself(study: Path, tiny_model: Path, tmp_path: Path) -> None:
    formats = ("--format=dicom-seg", "--format=rtstruct", "--format=report", "--worker")
    run = _run(tmp_path / "run", "segment", study, "-o", tmp_path / "out", "--model", tiny_model, *formats)
    assert run.code == 0, run.told
    assert run.called == ""
    assert run.home <= {".cache", ".config"}
    assert run.temporary == []
    assert [secret for secret in SECRETS if secret in run.told] == []


def test_nor_does_one_that_fails(study: Path, tiny_model: Path, tmp_path: Path) -> None:
    files = sorted(study.iterdir())
    broken = tmp_path / "broken"
    broken.mkdir()
    for number, file in enumerate(files):
        data = file.read_bytes()
        (broken / file.name).write_bytes(data[: len(data) // 2] if number % 2 else data)
    run = _run(tmp_path / "run", "segment", broken, "-o", tmp_path / "out", "--model", tiny_model)
    assert run.code == 3, run.told
    assert run.called == ""
    assert run.temporary == []
    assert [secret for secret in SECRETS if secret in run.told] == []


def test_the_watcher_sees_a_call(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(WATCHER)
    code = "import socket; socket.getaddrinfo('127.0.0.1', 80)"
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "CALLED": str(tmp_path / "called")}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True)
    assert "127.0.0.1" in (tmp_path / "called").read_text()
