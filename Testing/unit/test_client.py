import os
import signal
import stat
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest
from OrganSegLib.client import WorkerClient
from OrganSegLib.errors import Cancelled, InputError, WorkerError
from OrganSegLib.model import Model, load_model
from OrganSegLib.phantom import make_phantom
from OrganSegLib.pipeline import Options, segment
from OrganSegLib.progress import Progress
from OrganSegLib.protocol import Decoder
from OrganSegLib.volume import Scan

OPTIONS = Options(organs=("liver", "spleen"), device="cpu")


@pytest.fixture(scope="module")
def scan() -> Scan:
    return make_phantom(seed=2, spacing_mm=(4.0, 4.0, 4.0), region="abdomen")[0]


@pytest.fixture
def model(tiny_model: Path) -> Model:
    return load_model(tiny_model)


@pytest.fixture(scope="module")
def worker() -> Iterator[WorkerClient]:
    with WorkerClient() as client:
        yield client


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The system's temporary folder for this test, under an awkward name."""
    folder = tmp_path / "Dočasná složka é"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def test_segments_as_the_pipeline_does_and_leaves_nothing(
    worker: WorkerClient, scan: Scan, model: Model, scratch: Path
) -> None:
    fractions: list[float] = []
    modes: list[int] = []

    def listen(_: str, fraction: float) -> None:
        fractions.append(fraction)
        modes.extend(stat.S_IMODE(path.stat().st_mode) for path in scratch.iterdir())

    warm = worker.preload(model, OPTIONS)
    there = worker.segment(scan, model, OPTIONS, Progress(listener=listen).part(0.2, 0.8))
    here = segment(scan, model, OPTIONS)

    assert warm["device"] == "cpu"
    np.testing.assert_array_equal(there.labelmap.voxels, here.labelmap.voxels)
    assert there.measurements == here.measurements
    assert there.scan is scan
    assert fractions == sorted(fractions)
    assert 0.2 <= fractions[0] < fractions[-1] == pytest.approx(0.8)
    assert set(modes) == {0o700}
    assert list(scratch.iterdir()) == []


def test_stays_warm_over_errors(worker: WorkerClient, scan: Scan, model: Model) -> None:
    before = worker.ping()
    with pytest.raises(InputError) as caught:
        worker.segment(scan, model, Options(organs=("tail",)))
    assert caught.value.code == "input.unknown_organ"
    assert worker.ping() == before


@pytest.mark.parametrize("by_call", [True, False])
def test_cancels_and_stays_warm(worker: WorkerClient, scan: Scan, model: Model, by_call: bool) -> None:
    before = worker.ping()
    stop = threading.Event()

    def listen(*_: object) -> None:
        worker.cancel() if by_call else stop.set()

    with pytest.raises(Cancelled):
        worker.segment(scan, model, OPTIONS, Progress(listen, stop.is_set))
    assert worker.ping() == before


def test_a_child_that_does_not_stop_is_killed(scan: Scan, model: Model, scratch: Path) -> None:
    with WorkerClient(cancel_seconds=0.1) as worker:
        pid = worker.ping()["pid"]

        def freeze(*_: object) -> None:
            os.kill(pid, signal.SIGSTOP)

        with pytest.raises(Cancelled):
            worker.segment(scan, model, OPTIONS, Progress(freeze, lambda: True))
        assert not psutil.pid_exists(pid)
        assert list(scratch.iterdir()) == []


def test_restarts_after_a_crash(scan: Scan, model: Model, scratch: Path) -> None:
    with WorkerClient() as worker:
        first = worker.ping()["pid"]

        def crash(*_: object) -> None:
            os.kill(first, signal.SIGKILL)

        with pytest.raises(WorkerError) as caught:
            worker.segment(scan, model, OPTIONS, Progress(crash))
        assert caught.value.code == "worker.died"
        assert list(scratch.iterdir()) == []

        second = worker.ping()["pid"]
        os.kill(second, signal.SIGKILL)
        psutil.wait_procs([psutil.Process(second)], timeout=10.0)
        assert worker.ping()["pid"] not in (first, second)


def test_an_exception_of_the_listener_ends_the_run(scan: Scan, model: Model) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with WorkerClient() as worker:
        first = worker.ping()["pid"]
        with pytest.raises(KeyboardInterrupt):
            worker.segment(scan, model, OPTIONS, Progress(interrupt))
        assert not psutil.pid_exists(first)


def test_closing_ends_the_child_and_may_be_repeated() -> None:
    worker = WorkerClient()
    worker.close()
    pid = worker.ping()["pid"]
    worker.close()
    worker.close()
    assert not psutil.pid_exists(pid)


@pytest.mark.parametrize(
    ("script", "code"),
    [
        ("print('Welcome to Python!', flush=True)", "worker.garbage"),
        ("import sys; sys.exit('no engine here')", "worker.no_start"),
        ("import time; time.sleep(60)", "worker.no_start"),
    ],
)
def test_another_program_in_its_place(tmp_path: Path, script: str, code: str) -> None:
    python = tmp_path / "jiný Python é.py"
    python.write_text(f"#!{sys.executable}\n{script}\n", encoding="utf-8")
    python.chmod(0o700)
    worker = WorkerClient(python, start_seconds=0.5 if "sleep" in script else 60.0)
    started = time.monotonic()
    with pytest.raises(WorkerError) as caught:
        worker.ping()
    assert caught.value.code == code
    assert time.monotonic() - started < 30.0
    if "exit" in script:
        assert worker.last_stderr[-1] == "no engine here"


def test_no_such_python(tmp_path: Path) -> None:
    with pytest.raises(WorkerError) as caught:
        WorkerClient(tmp_path / "python").ping()
    assert caught.value.code == "worker.no_start"


def test_no_memory_to_hear_the_child_ends_the_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    def feed(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(Decoder, "feed", feed)
    started = time.monotonic()
    with WorkerClient(start_seconds=100.0) as worker, pytest.raises(WorkerError) as caught:
        worker.ping()
    assert caught.value.code == "worker.no_start"
    assert time.monotonic() - started < 50.0
