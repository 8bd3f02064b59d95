"""Shows one page to the browser that is given its address, on this computer only."""

from __future__ import annotations

import secrets
import sys
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from ..errors import ResourceError

HOST = "127.0.0.1"
TIMEOUT_S = 30
HEADERS = {
    # What the page's own policy says more strictly (by hashes), and what only a header can say.
    "Content-Security-Policy": "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; "
    "style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class PageServer(ThreadingHTTPServer):
    """Serves ``page`` at `address`, bound to this computer's loopback address only.

    Every user of this computer can reach that; the address cannot be guessed.

    Args:
        page: HTML in UTF-8.
        port: to listen at; 0 takes a free one.

    Raises:
        ResourceError: ``resource.port`` where another program has it, or it may not be used.
    """

    allow_reuse_address = sys.platform != "win32"  # there it would let two programs share the port

    def __init__(self, page: bytes, port: int = 0) -> None:
        self.page = page
        self.path = f"/{secrets.token_urlsafe(16)}/"
        try:
            super().__init__((HOST, port), _Handler)
        except OSError as error:
            raise ResourceError(
                "resource.port",
                f"The page cannot be shown at port {port}: another program uses it, or it is not allowed.",
                "Choose another port (--port), or leave it out: a free one is found.",
            ) from error

    @property
    def address(self) -> str:
        return f"http://{HOST}:{self.server_port}{self.path}"


class _Handler(BaseHTTPRequestHandler):
    server: PageServer
    timeout = TIMEOUT_S

    def do_GET(self) -> None:
        self._answer(with_page=True)

    def do_HEAD(self) -> None:
        self._answer(with_page=False)

    def _answer(self, with_page: bool) -> None:
        port = self.server.server_port
        # Another host's name for this address would be a foreign page that reaches for it (DNS rebinding).
        if self.headers.get("Host") not in (f"{HOST}:{port}", f"localhost:{port}"):
            self.send_error(HTTPStatus.MISDIRECTED_REQUEST)
        elif not secrets.compare_digest(self.path.encode(), self.server.path.encode()):
            self.send_error(HTTPStatus.NOT_FOUND)
        else:
            self.send_response(HTTPStatus.OK)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(self.server.page)))
            self.end_headers()
            with suppress(ConnectionError):  # the browser was closed meanwhile
                self.wfile.write(self.server.page if with_page else b"")

    def end_headers(self) -> None:
        for name, value in HEADERS.items():
            self.send_header(name, value)
        super().end_headers()

    def version_string(self) -> str:
        return "OrganSeg"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (http.server's name)
        """Requests are nobody's business."""
