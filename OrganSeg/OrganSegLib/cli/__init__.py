"""The command line, ``organseg``. Heavy libraries are imported by the command that needs them."""

CANCELLED = 130  # the exit code of `errors.Cancelled`, which is not imported yet


def main() -> None:
    """Run the command line and exit with its code.

    A polite request to end (SIGTERM, from a job scheduler or a shutdown) tidies up as Ctrl-C does. Nothing is
    imported before the first line, so that neither meets a library that is being loaded.
    """
    try:
        from .interruption import interrupt_between_imports

        interrupt_between_imports()
        from .process import run_commands

        run_commands()
    except KeyboardInterrupt:  # nothing was begun, and nobody is there yet to say so
        raise SystemExit(CANCELLED) from None
