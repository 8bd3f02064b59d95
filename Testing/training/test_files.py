"""Files of a training are whole or not there, and nobody else reads them half-written."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import organseg_training
import OrganSegLib
import pytest
from organseg_training.files import replacing, write_text

LIBRARIES = [str(Path(module.__file__).parents[1]) for module in (OrganSegLib, organseg_training)]
KILLED = """
import os, signal, sys
from pathlib import Path
from organseg_training.files import replacing
with replacing(Path(sys.argv[1])) as path:
    path.write_text("a patient's")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_file_is_replaced_when_the_new_one_is_whole(tmp_path: Path) -> None:
    file = tmp_path / "new" / "case.npz"
    write_text(file, "old")
    with pytest.raises(UnicodeEncodeError):
        write_text(file, "half \ud800")
    assert file.read_text() == "old"
    write_text(file, "new")
    assert file.read_text() == "new"
    assert list(file.parent.iterdir()) == [file]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_nobody_else_may_look_before_it_is_whole(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        with replacing(tmp_path / "case.npz") as path:
            path.touch()
            assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "case.npz").stat().st_mode) == 0o644


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_what_a_killed_process_left_goes_with_the_next_file(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(LIBRARIES)}
    command = [sys.executable, "-c", KILLED, str(tmp_path / "case.npz")]
    assert subprocess.run(command, env=environment, check=False).returncode == -signal.SIGKILL
    assert [path.name for path in tmp_path.rglob("case.npz")] == ["case.npz"]
    assert not (tmp_path / "case.npz").exists()
    write_text(tmp_path / "other.json", "{}")
    assert [path.name for path in tmp_path.iterdir()] == ["other.json"]
