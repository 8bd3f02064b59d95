"""The background process is killed, stopped, late, broken or talks nonsense: a sentence, in time."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from OrganSegLib.client import WorkerClient
from OrganSegLib.errors import Cancelled, OrganSegError, WorkerError
from OrganSegLib.model import Model, load_model
from OrganSegLib.phantom import make_phantom
from OrganSegLib.pipeline import Options, segment
from OrganSegLib.progress import Progress
from OrganSegLib.volume import Scan

pytestmark = [
    pytest.mark.faults,
    pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX"),
]

OPTIONS = Options(organs=("liver", "spleen"), device="cpu")
LONGEST_SECONDS = 120.0  # on a busy machine; a hang would last for ten minutes
READY = """
import json, sys, os, time, subprocess
def say(**event): print(json.dumps(event), flush=True)
say(event="ready", version="0", pid=os.getpid())
run = json.loads(sys.stdin.readline())["id"]
"""


@pytest.fixture(scope="module")
def scan() -> Scan:
    return make_phantom(seed=2, spacing_mm=(8.0, 8.0, 8.0), region="abdomen")[0]


@pytest.fixture
def model(tiny_model: Path) -> Model:
    return load_model(tiny_model)


@pytest.fixture(autouse=True)
def in_time() -> Iterator[None]:
    started = time.monotonic()
    yield
    assert time.monotonic() - started < LONGEST_SECONDS


def _program(folder: Path, script: str) -> Path:
    """A program that takes the place of Python."""
    program = folder / "python é"
    program.write_text(f"#!{sys.executable}\n{script}\n", encoding="utf-8")
    program.chmod(0o700)
    return program


def _end(worker: WorkerClient) -> OrganSegError:
    with pytest.raises(OrganSegError) as caught:
        worker.ping()
    assert caught.value.next_step
    return caught.value


@pytest.mark.parametrize(
    "words",
    [
        "print('Segmentation fault (core dumped)', flush=True)",
        "sys.stdout.buffer.write(bytes(range(256)) * 99)",
        "say(event='progress', id=run, stage='Finding organs')",
        "say(event='progress', id=run, stage='Finding organs', fraction='most of it')",
        "say(event='done', id=run, result=None)",
        "say(event='error', id=run, error={'code': 7})",
        "say(event='dance', id=run)",
        "say(id=run)",
    ],
)
def test_nonsense_in_the_midst_of_a_run(words: str, tmp_path: Path) -> None:
    with WorkerClient(_program(tmp_path, f"{READY}\n{words}\ntime.sleep(600)")) as worker:
        assert _end(worker).code == "worker.garbage"


@pytest.mark.parametrize(
    "words", ["print('{}', flush=True)", "print('[1]', flush=True)", "say(event='done', result={})"]
)
def test_nonsense_instead_of_a_greeting(words: str, tmp_path: Path) -> None:
    greeting = READY.replace('say(event="ready"', f'{words}\nsay(event="ready"')
    with WorkerClient(_program(tmp_path, greeting)) as worker:
        assert _end(worker).code == "worker.garbage"


def test_an_answer_to_somebody_else_is_not_taken(tmp_path: Path) -> None:
    answers = "for n in (1, 0): say(event='done', id=run + n, result={'pid': n})"
    script = f"{READY}\n{answers}\ninput()"
    with WorkerClient(_program(tmp_path, script)) as worker:
        assert worker.ping() == {"pid": 0}


def test_a_flood_without_line_ends_does_not_fill_the_memory(tmp_path: Path) -> None:
    script = f"{READY}\nfor _ in range(2000): sys.stderr.write('x' * 2**16)\nsys.exit(1)"
    with WorkerClient(_program(tmp_path, script)) as worker:
        assert _end(worker).code == "worker.died"
        assert sum(map(len, worker.last_stderr)) < 2**20


def test_a_grandchild_that_holds_the_pipes_keeps_nobody_waiting(tmp_path: Path) -> None:
    """It left the group of processes that is killed."""
    script = f"{READY}\nsubprocess.Popen(['sleep', '30'], start_new_session=True)\nprint('oops', flush=True)"
    with WorkerClient(_program(tmp_path, script)) as worker:
        assert _end(worker).code == "worker.garbage"


def test_a_child_that_never_gets_ready_can_be_cancelled(tmp_path: Path) -> None:
    with WorkerClient(_program(tmp_path, "import time; time.sleep(600)"), start_seconds=600.0) as worker:
        threading.Timer(0.5, worker.cancel).start()
        with pytest.raises(Cancelled):
            worker.ping()


def test_a_child_that_is_ready_too_late(tmp_path: Path) -> None:
    with WorkerClient(
        _program(tmp_path, f"import time; time.sleep(3)\n{READY}"), start_seconds=0.5
    ) as worker:
        error = _end(worker)
        assert error.code == "worker.no_start"
        assert "0.5 seconds" in error.sentence


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("import no_such_module", "No module named 'no_such_module'"),
        ("exec('match = = 3')", "SyntaxError: invalid syntax"),
        ("import os; os.abort()", "it ended at once."),
    ],
)
def test_a_wrong_python_says_why(script: str, reason: str, tmp_path: Path) -> None:
    with WorkerClient(_program(tmp_path, script)) as worker:
        error = _end(worker)
        assert error.code == "worker.no_start"
        assert reason in error.sentence


def test_a_stopped_child_is_told_and_replaced(scan: Scan, model: Model) -> None:
    with WorkerClient(silent_seconds=2.0) as worker:
        pid = worker.ping()["pid"]

        def freeze(*_: object) -> None:
            os.kill(pid, signal.SIGSTOP)

        with pytest.raises(WorkerError) as caught:
            worker.segment(scan, model, OPTIONS, Progress(freeze))
        assert caught.value.code == "worker.silent"
        assert not psutil.pid_exists(pid)
        assert worker.segment(scan, model, OPTIONS).run["model"] == "tiny"


def test_a_busy_child_is_not_taken_for_a_stopped_one(tmp_path: Path) -> None:
    """It answers, though what it was asked to do takes longer."""
    script = f"{READY}\nfor line in sys.stdin:\n    say(event='done', id=None, result={{}})"
    with WorkerClient(_program(tmp_path, script), silent_seconds=0.5) as worker:
        threading.Timer(4.0, worker.cancel).start()
        worker._cancel_seconds = 0.1
        with pytest.raises(Cancelled):
            worker.ping()


def test_a_temporary_folder_tidied_by_somebody_else(
    scan: Scan, model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with WorkerClient() as worker:
        worker.ping()

        def tidy(*_: object) -> None:
            for path in tmp_path.glob("organseg-*"):
                shutil.rmtree(path)

        with pytest.raises(WorkerError) as caught:
            worker.segment(scan, model, OPTIONS, Progress(tidy))
        assert caught.value.code in ("worker.lost", "worker.no_space")
        assert len(worker.segment(scan, model, OPTIONS).measurements) == 2
    assert list(tmp_path.glob("organseg-*")) == []


def test_the_same_result_after_each_fault(scan: Scan, model: Model) -> None:
    """Killed at whatever it says; the next run finds what it always finds."""
    expected = segment(scan, model, OPTIONS)
    with WorkerClient() as worker:
        for number in (1, 2, 4, 8):
            pid, left = worker.ping()["pid"], [number]

            def crash(*_: object, pid: int = pid, left: list[int] = left) -> None:
                left[0] -= 1
                if left[0] == 0:
                    os.kill(pid, signal.SIGKILL)

            with pytest.raises(WorkerError) as caught:
                worker.segment(scan, model, OPTIONS, Progress(crash))
            assert caught.value.code == "worker.died"
        assert worker.segment(scan, model, OPTIONS).measurements == expected.measurements
