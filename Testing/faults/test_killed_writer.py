"""A folder holds all of what a run wrote or nothing of it, wherever the run was killed or interrupted."""

from __future__ import annotations

import signal
import subprocess
import sys
from itertools import count
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from OrganSegLib import aside, locks
from OrganSegLib.aside import remove_unfinished
from OrganSegLib.sealed import damage, write_sealed

from .command import unmeasured
from .writing import NEW, OLD, contents, write_model, write_new, write_old

pytestmark = [
    pytest.mark.faults,
    pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX"),
]

ROOT = Path(__file__).resolve().parents[2]


def test_killed_before_each_thing_that_it_does_to_the_disk(tmp_path: Path) -> None:
    """A reader sees all of the old or all of the new; the next writer leaves nothing else behind."""
    seen = []
    for number in count(1):
        folder = tmp_path / str(number)
        write_old(folder)
        if not _killed("results", folder, number):
            break
        remove_unfinished(folder, moved_only=True)
        seen.append({name: text for name, text in contents(folder).items() if not name.startswith(".")})
        remove_unfinished(folder)
        assert {path.name for path in folder.iterdir()} - {aside.LOCK} == {n.split("/")[0] for n in seen[-1]}
        write_new(folder)
        assert contents(folder) == NEW
    assert seen[0] == OLD
    assert seen[-1] == NEW
    assert all(found in (OLD, NEW) for found in seen)
    assert len(seen) > 15


def test_a_model_folder_is_never_lost(tmp_path: Path) -> None:
    """A writer is killed, and the next one fails: what is there then is whole, old or new."""
    seen = []
    for number in count(1):
        place = tmp_path / str(number)
        folder = place / "model"
        write_model(folder, "old")
        if not _killed("model", folder, number):
            break
        with pytest.raises(ZeroDivisionError), write_sealed(folder):
            raise ZeroDivisionError
        assert damage(folder, ("plan", "weights")) is None
        seen.append((folder / "plan").read_text())
        assert list(place.iterdir()) == [folder]
    assert set(seen) == {"old", "new"}


def _killed(what: str, folder: Path, number: int) -> bool:
    """False where the writer does not do as much."""
    command = [sys.executable, "-m", "Testing.faults.writing", what, str(folder), str(number)]
    done = subprocess.run(command, cwd=ROOT, env=unmeasured(), check=False)
    assert done.returncode in (0, -signal.SIGKILL)
    return done.returncode != 0


def test_interrupted_at_each_line(tmp_path: Path) -> None:
    """Ctrl-C in every line of the writing, its cleaning up included."""
    interrupted = 0
    for number in count(1):
        folder = tmp_path / str(number)
        write_old(folder)
        if not _interrupted(folder, number):
            break
        interrupted += 1
        remove_unfinished(folder, moved_only=True)
        found = {name: text for name, text in contents(folder).items() if not name.startswith(".")}
        assert found in (OLD, NEW), number
        write_new(folder)
        assert contents(folder) == NEW, number
    assert contents(folder) == NEW
    assert interrupted > 50


def _interrupted(folder: Path, number: int) -> bool:
    """Write, with a KeyboardInterrupt in the ``number``-th line; False where there are not as many."""
    left = number

    def look(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal left
        if frame.f_code.co_filename not in (aside.__file__, locks.__file__):
            return None
        if event == "line":
            left -= 1
            if left == 0:
                raise KeyboardInterrupt
        return look

    before = sys.gettrace()
    sys.settrace(look)
    try:
        write_new(folder)
    except KeyboardInterrupt:
        return True
    finally:
        sys.settrace(before)
    return False
