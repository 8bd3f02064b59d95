"""``organseg-train`` as a researcher calls it, without a process of its own."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from organseg_training.cli import app
from typer.testing import CliRunner, Result

Call = Callable[..., Result]


@pytest.fixture(scope="session")
def call() -> Call:
    """Calls a command with its arguments; gives exit code and output."""
    return lambda *arguments: CliRunner().invoke(app, [str(argument) for argument in arguments])
