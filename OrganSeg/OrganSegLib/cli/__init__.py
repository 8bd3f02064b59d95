"""The command line, ``organseg``. Heavy libraries are imported by the command that needs them."""

from .commands import app


def main() -> None:
    """Run the command line and exit with its code."""
    app(prog_name="organseg")
