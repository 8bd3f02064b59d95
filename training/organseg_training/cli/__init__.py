"""The command line, ``organseg-train``. Each group of commands lies in a module of its own."""

from OrganSegLib.cli.interruption import interrupt_between_imports

from . import data, learn, results, study, whole  # noqa: F401 (they add their commands to the app)
from .app import app

__all__ = ["app", "main"]


def main() -> None:
    """Run the command line and exit with its code.

    A polite request to end (SIGTERM, from a job scheduler or a shutdown) tidies up as Ctrl-C does.
    """
    interrupt_between_imports()
    app(prog_name="organseg-train")
