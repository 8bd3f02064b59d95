"""Progress as it is shown: JSON lines for a program, a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from typing import Any

from ..errors import named
from ..progress import Progress
from ..protocol import encode


@contextmanager
def shown_progress(json_events: bool) -> Iterator[Progress]:
    """A progress for the work of the block. Only JSON events go to stdout, all else to stderr."""
    from rich.console import Console

    if json_events:
        with _events() as progress:
            yield progress
    elif (console := Console(stderr=True)).is_terminal:
        with _bar(console) as progress:
            yield progress
    else:
        yield Progress(listener=_PlainLines())


def say(**event: Any) -> None:
    """One JSON event on stdout."""
    sys.stdout.write(encode(event).decode("ascii"))
    sys.stdout.flush()


@contextmanager
def _events() -> Iterator[Progress]:
    """As events of the block; an exception is told as well. What libraries print goes to stderr."""
    stdout = sys.stdout

    def tell(**event: Any) -> None:
        with redirect_stdout(stdout):
            say(**event)

    with redirect_stdout(sys.stderr):
        try:
            yield Progress(listener=lambda stage, done: tell(event="progress", stage=stage, fraction=done))
        except BaseException as error:
            tell(event="error", error=named(error).to_dict())
            raise


@contextmanager
def _bar(console: Any) -> Iterator[Progress]:
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Bar(*columns, console=console, transient=True) as bar:
        task = bar.add_task("Starting", total=1.0)
        yield Progress(listener=lambda stage, done: bar.update(task, description=stage, completed=done))


class _PlainLines:
    """A line for each new stage, for logs."""

    def __init__(self) -> None:
        self._stage = ""

    def __call__(self, stage: str, done: float) -> None:
        if stage != self._stage:
            sys.stderr.write(f"{done:4.0%}  {stage}\n")
            self._stage = stage
