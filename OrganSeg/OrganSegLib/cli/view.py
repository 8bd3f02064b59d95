"""``organseg view``: the organs of an earlier run in the browser."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ..formats import FORMATS
from .answered import answered
from .commands import app
from .failures import EXIT_CODES
from .later import Results

if TYPE_CHECKING:
    from ..viewer.server import PageServer

Port = Annotated[
    int,
    typer.Option(metavar="PORT", min=0, max=65535, show_default=False, help="Port; by default a free one."),
]
Browser = Annotated[bool, typer.Option("--browser/--no-browser", help="Open the browser.")]


@app.command(epilog=EXIT_CODES)
def view(results: Results, port: Port = 0, browser: Browser = True) -> None:
    """Show the organs of an earlier run in 3D, in the browser of this computer."""
    from ..viewer import current_file
    from ..viewer.content import Content
    from ..viewer.page import page_of
    from ..viewer.server import PageServer
    from .tables import show_line

    FORMATS["page"].check_available()
    file = answered(results, lambda: current_file(results))
    page = answered(results, lambda: file.read_bytes() if file else page_of(Content.read(results)).encode())
    with PageServer(page, port) as server:
        show_line(f"The organs are shown at {server.address} (on this computer only).")
        show_line(f"To hand the page on: {file or f'organseg export {results} --format page'}")
        show_line("Ctrl-C ends it.")
        _serve(server, browser)
    show_line("The page is no longer shown.")


def _serve(server: PageServer, browser: bool) -> None:
    """Until the user interrupts; that is how this command ends well."""
    import webbrowser
    from contextlib import suppress
    from threading import Thread

    with suppress(KeyboardInterrupt):
        if browser:  # beside the server: a browser in the terminal returns when it is closed
            Thread(target=webbrowser.open, args=(server.address,), daemon=True).start()
        server.serve_forever()
