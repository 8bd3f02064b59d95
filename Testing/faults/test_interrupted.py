"""Ctrl-C and SIGKILL at any moment of a run: nothing half-written, nothing of the patient left behind."""

from __future__ import annotations

import random
import signal
import sys
import time
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from .command import SECONDS, Command, code_of, site

pytestmark = [
    pytest.mark.faults,
    pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX"),
]

RESULT = "measurements.json"
QUICK = ("--no-surfaces", "--worker")
DRAW = random.SystemRandom()
# A compiled library does not know how to be interrupted while it is loaded; then it is the real one.
SLOW_LIBRARY = """
import sys, time
if "segment" in sys.argv:  # and not the worker
    try:
        print("loading", flush=True)
        time.sleep(1)
    except KeyboardInterrupt:
        raise ImportError("failed to import") from None
sys.path.remove(__file__.rpartition("/")[0])
del sys.modules[__name__]
__import__(__name__)
"""


@pytest.fixture(scope="module")
def seconds() -> list[float]:
    """How long a run takes here, once that is known."""
    return []


@pytest.fixture
def second(command: Command, seconds: list[float]) -> float:
    """A tenth of a run."""
    if not seconds:
        assert command.run(*QUICK)[0] == 0  # which converts the network
        began = time.monotonic()
        assert command.run(*QUICK, "--overwrite")[0] == 0
        seconds.append(time.monotonic() - began)
    return seconds[0] / 10


@pytest.mark.parametrize("tenth", range(10))
def test_ctrl_c_at_a_random_moment(tenth: int, command: Command, second: float) -> None:
    command = replace(command, output=command.output.with_name("interrupted"))
    with command.start(*QUICK[: 1 + tenth % 2]) as process:
        time.sleep((tenth + DRAW.random()) * second)
        process.send_signal(signal.SIGINT)
        code, complaint = command.end(process)
    if command.output.exists():
        assert (command.output / RESULT).exists()
    else:
        assert code in (130, -signal.SIGINT), complaint


@pytest.mark.parametrize("library", ["numpy", "vtkmodules"])  # before a run begins, at its end
@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_waits_until_a_library_is_loaded(
    sent: signal.Signals, times: int, library: str, command: Command, tmp_path: Path
) -> None:
    command = replace(command, environment=site(tmp_path / "site", **{library: SLOW_LIBRARY}))
    with command.start(*QUICK) as process:
        while process.stdout.readline() != "loading\n":
            assert process.poll() is None
        for _ in range(times):
            process.send_signal(sent)
        code, complaint = command.end(process)
    assert (code, code_of(complaint)) == (130, "cancelled")
    assert not command.output.exists()


def test_killed_with_its_worker_and_run_again(command: Command) -> None:
    """The worker ends itself and removes the voxels; the rest goes when the next run starts."""
    with command.start(*QUICK, "--json-events") as process:
        while '"Finding organs"' not in process.stdout.readline():
            assert process.poll() is None
        children = psutil.Process(process.pid).children()
        assert children
        process.kill()
        process.communicate(timeout=SECONDS)
    _, alive = psutil.wait_procs(children, timeout=SECONDS)
    assert not alive
    assert command.left() == []
    assert command.run(*QUICK)[0] == 0
    assert (command.output / RESULT).exists()


def test_a_power_cut_and_run_again(command: Command) -> None:
    """All processes are gone at once: only the next run can tidy up."""
    with command.start(*QUICK, "--json-events") as process:
        while '"Finding organs"' not in process.stdout.readline():
            assert process.poll() is None
        everybody = [psutil.Process(process.pid), *psutil.Process(process.pid).children()]
        for one in everybody:
            one.suspend()
        for one in everybody:
            one.kill()
        process.communicate(timeout=SECONDS)
    assert command.left() != []
    assert command.run(*QUICK)[0] == 0


def test_asked_politely_it_tidies_up(command: Command) -> None:
    """SIGTERM, from a job scheduler or a shutdown, while the disk is written."""
    with command.start("--json-events") as process:
        while '"Writing results"' not in process.stdout.readline():
            assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        code, _ = command.end(process)
    assert code == 130 or (command.output / RESULT).exists()
