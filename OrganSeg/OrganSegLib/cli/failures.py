"""How the command line fails: one sentence and a documented exit code, a traceback only with ``--debug``."""

from __future__ import annotations

import traceback
from typing import Any

import typer
from typer.core import TyperGroup

from ..errors import FAMILIES, Cancelled, OrganSegError
from .complaint import complain

EXIT_CODES = "Exit codes: 0 done, 1 unexpected error, 2 wrong usage, {}, {} cancelled.".format(
    ", ".join(f"{family.exit_code} {name}" for name, family in FAMILIES.items()), Cancelled.exit_code
)


class Commands(TyperGroup):
    """Turns every exception of a command into its message and exit code."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except (OrganSegError, KeyboardInterrupt) as error:
            failure: BaseException = error
        except BrokenPipeError:  # typer ends quietly when nobody reads the output any more
            raise
        except Exception as error:
            if hasattr(error, "exit_code"):  # typer's own: wrong usage, or --help is done
                raise
            failure = error
        if ctx.params["debug"]:
            traceback.print_exception(failure)
        raise typer.Exit(complain(failure))
