"""The command line, ``organseg-train``. Each group of commands lies in a module of its own."""

from .app import app


def main() -> None:
    """Run the command line and exit with its code."""
    from . import data, learn, preview, results, study  # noqa: F401 (they add their commands to the app)

    app(prog_name="organseg-train")
