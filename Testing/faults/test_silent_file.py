"""Files that are there and never come, as those of a network drive that is gone: a sentence, and Ctrl-C."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from .command import Command, code_of, site

pytestmark = [
    pytest.mark.faults,
    pytest.mark.skipif(sys.platform != "linux", reason="files are held back by leases of Linux"),
]

IMPATIENT = "from OrganSegLib.cli import answered; answered.MOST_IDLE_POLLS = 2"
LONGEST_SECONDS = 30.0


@contextmanager
def held_back(file: Path) -> Iterator[None]:
    """Whoever opens it waits until the lease is given back, or the kernel takes it after 45 s (fcntl(2))."""
    import fcntl

    before = signal.signal(signal.SIGIO, signal.SIG_IGN)  # the request to give it back
    handle = os.open(file, os.O_RDWR)
    try:
        try:
            fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_WRLCK)
        except OSError as error:
            pytest.skip(f"this file system gives no leases: {error.strerror}")
        yield
    finally:
        os.close(handle)
        signal.signal(signal.SIGIO, before)


@pytest.fixture
def own(command: Command, tmp_path: Path) -> Command:
    """With a study of its own, and the patience of two seconds."""
    study = Path(shutil.copy(command.study, tmp_path / "scan.nii.gz"))
    return replace(command, study=study, environment=site(tmp_path / "site", sitecustomize=IMPATIENT))


@pytest.mark.parametrize(
    ("name", "code"), [("study", 3), ("model/weights.safetensors", 4), ("output/.organseg-files", 5)]
)
def test_it_is_told_in_time(name: str, code: int, own: Command) -> None:
    own.output.mkdir()
    (own.output / ".organseg-files").touch()
    what, _, file = name.partition("/")
    started = time.monotonic()
    with held_back(getattr(own, what) / file):
        ended, complaint = own.run()
        assert time.monotonic() - started < LONGEST_SECONDS
    family = {3: "input", 4: "model", 5: "output"}[code]
    assert (ended, code_of(complaint)) == (code, f"{family}.stalled")
    assert {path.name for path in own.output.iterdir()} == {".organseg-files"}


def test_ctrl_c_does_not_wait_for_it(own: Command) -> None:
    patient = replace(own, environment={})
    with held_back(own.study), patient.start("--json-events") as process:
        while "Reading the study" not in process.stdout.readline():
            assert process.poll() is None
        started = time.monotonic()
        process.send_signal(signal.SIGINT)
        code, _ = patient.end(process)
        assert time.monotonic() - started < LONGEST_SECONDS
    assert code == 130
    assert not own.output.exists()
