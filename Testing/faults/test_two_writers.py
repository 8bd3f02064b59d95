"""Two runs that write into one folder: one after the other, or the second is told to wait."""

from __future__ import annotations

import errno
import fcntl
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Barrier

import pytest
from OrganSegLib import aside
from OrganSegLib.aside import aside_of, remove_unfinished
from OrganSegLib.errors import OutputError
from OrganSegLib.export import RESULTS, write_results
from OrganSegLib.pipeline import Segmentation

from Testing.unit.shapes import two_organs

from .command import SECONDS, Command, code_of
from .writing import NEW, OLD, contents, write_new, write_old

pytestmark = pytest.mark.faults

HOLDER = "import sys, time; from pathlib import Path; from OrganSegLib.locks import held\n"
HOLDER += "with held(Path(sys.argv[1])): print('held', flush=True); time.sleep(600)"


def test_a_folder_that_another_process_writes_into_is_refused_until_that_one_is_dead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aside, "WAIT_SECONDS", 0.2)
    write_old(tmp_path)
    command = [sys.executable, "-c", HOLDER, str(tmp_path / aside.LOCK)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as other:
        assert other.stdout.readline() == b"held\n"
        started = time.monotonic()
        with pytest.raises(OutputError) as caught:
            write_new(tmp_path)
        assert caught.value.code == "output.busy"
        assert caught.value.next_step
        assert time.monotonic() - started < 30
        other.kill()
    (tmp_path / aside.LOCK).touch(exist_ok=True)  # it stays behind
    assert contents(tmp_path) == {**OLD, aside.LOCK: ""}
    write_new(tmp_path)
    assert contents(tmp_path) == NEW


def test_writers_at_once_take_turns_and_only_one_writes_unasked(tmp_path: Path) -> None:
    """None of the others replaces what the first wrote, though all saw an empty folder when they began."""
    found = Segmentation.of(*two_organs(), run={"model": "tiny"})
    start = Barrier(4)

    def write(_: int) -> str:
        start.wait()
        try:
            write_results(tmp_path, found, picture=False)
        except OutputError as error:
            return error.code
        return "written"

    with ThreadPoolExecutor(4) as pool:
        ends = sorted(pool.map(write, range(4)))
    assert ends == ["output.exists"] * 3 + ["written"]
    assert {path.name for path in tmp_path.iterdir()} == {*RESULTS, ".organseg-files"} - {"overview.png"}


def test_two_commands_at_once(command: Command, tmp_path: Path) -> None:
    """One writes its results; the other is told, and replaces nothing."""
    (tmp_path / "other").mkdir()
    commands = (command, replace(command, temporary=tmp_path / "other"))
    processes = [one.start("--no-surfaces") for one in commands]
    for process in processes:
        process.wait(SECONDS)
    ends = sorted(one.end(process) for one, process in zip(commands, processes, strict=True))
    assert [code for code, _ in ends] == [0, 5]
    assert code_of(ends[1][1]) in ("output.exists", "output.busy")


def test_a_drive_without_locks_can_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As some network drives; there, what a killed run left stays, for it could be that of a living one."""

    def unknown(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", unknown)
    write_old(tmp_path)
    (tmp_path / f"{aside.PREFIX}abc").mkdir()
    write_new(tmp_path)
    remove_unfinished(tmp_path)
    assert contents(tmp_path) == NEW
    assert (tmp_path / f"{aside.PREFIX}abc").is_dir()


def test_a_failure_that_cannot_be_undone_keeps_the_earlier_results(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A drive that goes while files are moved: nothing can be moved back until it returns."""
    write_old(tmp_path)
    rename = Path.rename
    gone = False

    def fail_from_the_first_new_file(path: Path, target: Path) -> Path:
        nonlocal gone
        gone = gone or (path.name == "labels" and path.parent.name.startswith(aside.PREFIX))
        if gone:
            raise OSError(errno.EIO, "Input/output error")
        return rename(path, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", fail_from_the_first_new_file)
        with pytest.raises(OutputError) as caught, aside_of(tmp_path) as place:
            (place / "labels").write_text("new")
        assert caught.value.code == "output.not_writable"
    remove_unfinished(tmp_path)
    assert contents(tmp_path) == OLD
