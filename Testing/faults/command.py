"""The command line in a process of its own, on a tiny study with a tiny model."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import OrganSegLib

SECONDS = 120.0  # a hang; a run takes a few seconds
LIBRARY = str(Path(OrganSegLib.__file__).parents[1])
START = "from OrganSegLib.cli import main; print('started', flush=True); main()"


def unmeasured() -> dict[str, str]:
    """This environment without coverage, which would write files of its own and complain about the faults."""
    return {name: value for name, value in os.environ.items() if not name.startswith("COV")}


def site(folder: Path, **modules: str) -> dict[str, str]:
    """An environment in which these modules come before those that are installed."""
    folder.mkdir()
    for name, source in modules.items():
        (folder / f"{name}.py").write_text(source, encoding="utf-8")
    return {"PYTHONPATH": str(folder)}


def code_of(complaint: str) -> str:
    """The code of the one error that a command told."""
    (line,) = [line for line in complaint.splitlines() if line.startswith("Error [")]
    return line.removeprefix("Error [").partition("]")[0]


@dataclass(frozen=True)
class Command:
    """``organseg segment`` with its own folders.

    Attributes:
        study, model: what it is given.
        output: where results go.
        temporary: the system's temporary folder, for this command.
        environment: variables besides those of the tests.
    """

    study: Path
    model: Path
    output: Path
    temporary: Path
    environment: Mapping[str, str] = field(default_factory=dict)

    def start(self, *options: str, limits: Callable[[], object] = lambda: None) -> subprocess.Popen[str]:
        """Begin it; it has said ``started`` when this returns. ``limits`` are set in the new process."""

        def prepare() -> None:
            signal.signal(signal.SIGINT, signal.SIG_DFL)  # who is born in the background is deaf to Ctrl-C
            limits()

        words = ["segment", self.study, "-o", self.output, "--model", self.model, *options]
        path = os.pathsep.join(filter(None, (self.environment.get("PYTHONPATH"), LIBRARY)))
        process = subprocess.Popen(
            [sys.executable, "-c", START, *map(str, words)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            cwd=self.temporary,
            env={**unmeasured(), **self.environment, "PYTHONPATH": path, "TMPDIR": str(self.temporary)},
            preexec_fn=prepare,
        )
        assert process.stdout.readline() == "started\n"  # type: ignore[union-attr]  # a pipe, as asked for
        return process

    def run(self, *options: str, **choices: Any) -> tuple[int, str]:
        """Exit code and what went to stderr."""
        with self.start(*options, **choices) as process:
            return self.end(process)

    def left(self) -> list[str]:
        """Temporary files with contents; the empty lock of a dead process goes some minutes later."""
        return [str(path) for path in self.temporary.rglob("*") if path.is_file() and path.stat().st_size]

    def end(self, process: subprocess.Popen[str]) -> tuple[int, str]:
        """Wait for it; there must be no traceback, and nothing may lie about."""
        try:
            _, complaint = process.communicate(timeout=SECONDS)
        finally:
            process.kill()
        assert "Traceback" not in complaint, complaint
        assert self.left() == []
        if self.output.exists():
            hidden = {path.name for path in self.output.iterdir() if path.name.startswith(".")}
            assert hidden == {".organseg-files"}
        return process.returncode, complaint
