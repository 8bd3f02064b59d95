"""Private folders: for their user only, and gone after a crash."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import OrganSegLib
import pytest
from OrganSegLib import scratch
from OrganSegLib.scratch import LOCK, PrivateFolder, remove_abandoned

LIBRARY = str(Path(OrganSegLib.__file__).parents[1])
HOLDER = """
import sys
import time
from pathlib import Path
from OrganSegLib import scratch
from OrganSegLib.scratch import PrivateFolder
with PrivateFolder(Path(sys.argv[1])) as folder:
    (folder / "voxels").write_text("a patient's")
    print("ready", flush=True)
    sys.stdin.read()
"""


def _holder(parent: Path) -> subprocess.Popen[str]:
    """A process with a private folder, until its input ends."""
    command = [sys.executable, "-c", HOLDER, str(parent)]
    environment = {**os.environ, "PYTHONPATH": LIBRARY}
    pipe = subprocess.PIPE
    holder = subprocess.Popen(command, stdin=pipe, stdout=pipe, env=environment, text=True)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "ready\n"
    return holder


def _left_by_a_killed_process(folder: Path) -> None:
    (folder / "files").mkdir(parents=True)
    (folder / LOCK).touch()


def test_it_is_empty_and_goes_with_all_that_is_in_it(tmp_path: Path) -> None:
    with PrivateFolder(tmp_path) as folder:
        assert list(folder.iterdir()) == []
        (folder / "voxels").write_text("a patient's")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_nobody_else_may_look_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        with PrivateFolder(tmp_path) as folder:
            assert {stat.S_IMODE(path.stat().st_mode) for path in (folder, folder.parent)} == {0o700}
    finally:
        os.umask(before)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_what_a_killed_process_left_goes_at_the_next_start(tmp_path: Path) -> None:
    with _holder(tmp_path) as holder:
        holder.send_signal(signal.SIGKILL)
        holder.wait()
        assert len(list(tmp_path.glob("*/*/voxels"))) == 1
        remove_abandoned(tmp_path)
        assert list(tmp_path.iterdir()) == []


def test_what_a_living_process_needs_stays(tmp_path: Path) -> None:
    with _holder(tmp_path) as holder:
        with PrivateFolder(tmp_path):
            assert len(list(tmp_path.glob("*/*/voxels"))) == 1
        holder.communicate()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_what_is_not_ours_is_left_alone(tmp_path: Path) -> None:
    parent, mine = tmp_path / "tmp", tmp_path / "mine"
    (parent / "organseg-notes" / "files").mkdir(parents=True)
    _left_by_a_killed_process(mine)
    (parent / "organseg-link").symlink_to(mine)
    (parent / "organseg-file").touch()
    remove_abandoned(parent)
    assert len(list(parent.iterdir())) == 3
    assert (mine / "files").exists()


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() != 0, reason="only root can give files away")
def test_a_colleagues_folder_is_left_alone(tmp_path: Path) -> None:
    theirs = tmp_path / "organseg-theirs"
    _left_by_a_killed_process(theirs)
    os.chown(theirs, 65534, 65534)
    remove_abandoned(tmp_path)
    assert (theirs / "files").exists()


@pytest.mark.parametrize(("age", "left"), [(0, 1), (3600, 0)])
def test_one_that_holds_nothing_may_have_just_been_made(age: float, left: int, tmp_path: Path) -> None:
    new = tmp_path / "organseg-new"
    new.mkdir()
    (new / LOCK).touch()
    os.utime(new, (time.time() - age,) * 2)
    remove_abandoned(tmp_path)
    assert len(list(tmp_path.iterdir())) == left


@pytest.fixture
def in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that passes for the one in memory, where nobody chose the temporary folder."""
    monkeypatch.setattr(tempfile, "tempdir", str(scratch.UNCHOSEN))
    monkeypatch.setattr(scratch, "IN_MEMORY", tmp_path)
    monkeypatch.setattr(scratch, "ROOM", 1)
    return tmp_path


def test_voxels_are_handed_over_in_memory(in_memory: Path) -> None:
    assert scratch.quickest() == in_memory
    _left_by_a_killed_process(in_memory / "organseg-1")
    remove_abandoned()
    assert list(in_memory.iterdir()) == []


def test_not_where_there_is_little_room(in_memory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scratch, "ROOM", shutil.disk_usage(in_memory).total + 1)
    assert scratch.quickest() == scratch.UNCHOSEN


def test_not_where_the_system_has_no_such_place(in_memory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scratch, "IN_MEMORY", in_memory / "nowhere")
    assert scratch.quickest() == scratch.UNCHOSEN


def test_not_where_somebody_chose_another(in_memory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(in_memory / "chosen"))
    assert scratch.quickest() == in_memory / "chosen"
