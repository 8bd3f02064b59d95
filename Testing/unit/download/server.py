"""A server at 127.0.0.1 that behaves as the first part of a path says, well or badly."""

from __future__ import annotations

import shutil
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest

PIECE = 200_000  # bytes after which a connection is cut


@dataclass
class Served:
    """What the server has, and what it was asked.

    Attributes:
        files: name -> content.
        url: of the server.
        ranges: of each request its header ``Range``, with the path.
        version: entity tag of all files.
        gate: what the behaviour ``gate`` waits for before it sends the second half.
    """

    files: dict[str, bytes]
    url: str = ""
    ranges: list[tuple[str, str | None]] = field(default_factory=list)
    version: str | None = '"1"'
    gate: threading.Event = field(default_factory=threading.Event)


class _Handler(BaseHTTPRequestHandler):
    served: Served

    def do_GET(self) -> None:
        path = urlsplit(self.path).path  # a proxy is asked for a whole address
        self.served.ranges.append((path, self.headers["Range"]))
        behaviour, name = path.split("/")[1], path.rpartition("/")[2]
        if name not in self.served.files:
            self.send_error(404)
        elif behaviour == "busy":
            self.send_error(503)
        elif behaviour == "moved":
            self._lead(f"/plain/{name}")
        elif behaviour == "away":
            self._lead(f"{path.split('/')[2]}://example.org/{name}")
        elif behaviour == "plaintext":
            self._lead(f"http://{self.headers['Host']}/plain/{name}")
        else:
            self._send(behaviour, self.served.files[name])

    def _lead(self, address: str) -> None:
        self.send_response(302)
        self.send_header("Location", address)
        self.end_headers()

    def _send(self, behaviour: str, content: bytes) -> None:
        begin, wanted = 0, self.headers["Range"]
        current = self.headers["If-Range"] in (None, self.served.version)
        if wanted and behaviour != "unranged" and current:
            begin = int(wanted.removeprefix("bytes=").removesuffix("-"))
            if begin >= len(content):
                return self.send_error(416)
            self.send_response(206)
            shift = 1 if behaviour == "liar" else 0
            self.send_header("Content-Range", f"bytes {begin + shift}-{len(content) - 1}/{len(content)}")
        else:
            self.send_response(200)
        if self.served.version:
            self.send_header("ETag", self.served.version)
        if behaviour != "endless":
            self.send_header("Content-Length", str(len(content) - begin + (behaviour == "short")))
        self.end_headers()
        self._write(behaviour, content[begin:])
        return None

    def _write(self, behaviour: str, content: bytes) -> None:
        if behaviour in ("cut", "liar"):
            self.wfile.write(content[:PIECE])
        elif behaviour == "broken":
            self.wfile.write(b"" if self.headers["Range"] else content[:PIECE])
        elif behaviour == "slow":
            for start in range(0, len(content), 50_000):
                self.wfile.write(content[start : start + 50_000])
                time.sleep(0.002)
        elif behaviour == "gate":
            self.wfile.write(content[: len(content) // 2])
            self.served.gate.wait(30)
            self.wfile.write(content[len(content) // 2 :])
        else:
            self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's word
        """Keep the test's output clean."""


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is what some tests are about."""


def own_certificate(folder: Path) -> Path:
    """Key and certificate of 127.0.0.1, signed by nobody else; the test is skipped without ``openssl``."""
    openssl = shutil.which("openssl")
    if not openssl:
        pytest.skip("openssl is not installed")
    path = folder / "own.pem"
    names = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2"]
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc", "-keyout", str(path)]
    made = subprocess.run([openssl, "req", "-x509", *key, *names], check=True, capture_output=True, text=True)
    path.write_text(path.read_text() + made.stdout)
    return path


@contextmanager
def serving(files: dict[str, bytes], certificate: Path | None = None) -> Iterator[Served]:
    """A server for the block, over HTTPS where it has a certificate."""
    served = Served(files)
    handler = type("Handler", (_Handler,), {"served": served})
    with _Server(("127.0.0.1", 0), handler) as httpd:
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            httpd.socket = context.wrap_socket(httpd.socket, server_side=True)
        served.url = f"{'https' if certificate else 'http'}://127.0.0.1:{httpd.server_port}"
        thread = threading.Thread(target=httpd.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield served
        finally:
            served.gate.set()
            httpd.shutdown()
            thread.join()
