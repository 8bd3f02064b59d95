"""Ctrl-C where Python cannot hand it on. That it waits for libraries is shown in Testing/faults."""

import subprocess
import sys
from pathlib import Path

import pytest

ENGINE = str(Path(sys.modules["OrganSegLib"].__path__[0]).parent)
SCRIPT = """
import os, signal, time
from OrganSegLib.cli.interruption import interrupt_between_imports

class Deaf:
    def __del__(self):
        {}
        time.sleep(0)

signal.signal(signal.SIGINT, signal.default_int_handler)
interrupt_between_imports()
try:
    Deaf()
    time.sleep({})
except KeyboardInterrupt:
    print("told")
"""


def in_a_destructor(happens: str, then_seconds: int) -> tuple[str, str]:
    """What a process prints when this happens there."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(happens, then_seconds)],
        cwd=ENGINE,
        capture_output=True,
        text=True,
        timeout=120,
    )
    return done.stdout, done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")
def test_an_interruption_is_told_a_little_later() -> None:
    assert in_a_destructor("os.kill(os.getpid(), signal.SIGINT)", 60) == ("told\n", "")


def test_another_error_is_shown_as_ever() -> None:
    said, complaint = in_a_destructor("1 / 0", 0)
    assert said == ""
    assert "ZeroDivisionError" in complaint
