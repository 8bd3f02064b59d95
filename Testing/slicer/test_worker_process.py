"""The worker behind Qt's event loop, where it does not start or does not make sense."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

SECONDS = 60.0


@pytest.fixture
def ended(slicer: Any) -> Any:
    """Asks a new worker something and waits for its end: (results, errors, worker)."""
    from OrganSegSlicer.worker_process import Listener, WorkerProcess

    workers = []

    def ask(request: dict[str, Any]) -> tuple[list[Any], list[Any], Any]:
        done: list[Any] = []
        failed: list[Any] = []
        worker = WorkerProcess(lambda _: None)
        workers.append(worker)
        worker.ask(request, Listener(lambda *_: None, done.append, failed.append))
        end = time.monotonic() + SECONDS
        while not (done or failed):
            assert time.monotonic() < end
            slicer.app.processEvents()
            time.sleep(0.01)
        return done, failed, worker

    yield ask
    for worker in workers:
        worker.kill()


def test_answers_and_stays(ended: Any) -> None:
    (answer,), failed, worker = ended({"id": 1, "op": "ping"})
    assert failed == []
    assert worker.alive
    assert answer["pid"] == worker.pid
    worker.kill()
    assert not psutil.pid_exists(worker.pid)


def test_an_error_of_the_request_leaves_it_running(ended: Any) -> None:
    _, (error,), worker = ended({"id": 1, "op": "dance"})
    assert error.code == "worker.bad_request"
    assert worker.alive


def test_no_python_is_told(ended: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from OrganSegSlicer import worker_process

    monkeypatch.setattr(worker_process, "python_executable", lambda: str(tmp_path / "no-python"))
    _, (error,), worker = ended({"id": 1, "op": "ping"})
    assert error.code == "worker.no_start"
    assert not worker.alive


def test_a_worker_that_ended_before_it_was_asked_says_why(
    slicer: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from OrganSegSlicer import worker_process

    monkeypatch.setattr(worker_process, "python_executable", lambda: str(tmp_path / "no-python"))
    worker = worker_process.WorkerProcess(lambda _: None)
    end = time.monotonic() + SECONDS
    while worker.alive:
        assert time.monotonic() < end
        slicer.app.processEvents()
    failed: list[Any] = []
    worker.ask(
        {"id": 1, "op": "ping"}, worker_process.Listener(lambda *_: None, failed.append, failed.append)
    )
    assert failed == []
    slicer.app.processEvents()
    assert [error.code for error in failed] == ["worker.no_start"]


@pytest.mark.parametrize(
    ("program", "code"),
    [("raise SystemExit(3)", "worker.no_start"), ("print('hello', flush=True); input()", "worker.garbage")],
)
def test_a_child_that_is_no_worker_is_told(
    ended: Any, monkeypatch: pytest.MonkeyPatch, program: str, code: str
) -> None:
    from OrganSegSlicer import worker_process

    monkeypatch.setattr(worker_process, "PROGRAM", program)
    _, (error,), worker = ended({"id": 1, "op": "ping"})
    assert error.code == code
    assert not worker.alive


def test_slicers_python_is_preferred(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, slicer: Any) -> None:
    from OrganSegSlicer.worker_process import python_executable

    assert slicer
    monkeypatch.setenv("PATH", str(tmp_path))
    assert python_executable() == sys.executable
    name = "PythonSlicer.exe" if sys.platform == "win32" else "PythonSlicer"
    (tmp_path / name).touch(0o755)
    assert python_executable() == str(tmp_path / name)
