"""Who gets the page, and who does not."""

from __future__ import annotations

import http.client
import socket
import sys
import threading
from collections.abc import Iterator

import pytest
from OrganSegLib.errors import ResourceError
from OrganSegLib.viewer.server import PageServer

PAGE = "<p>é</p>".encode()


@pytest.fixture(scope="module")
def server() -> Iterator[PageServer]:
    with PageServer(PAGE) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def _ask(
    server: PageServer, path: str | None = None, method: str = "GET", host: str | None = None
) -> tuple[http.client.HTTPResponse, bytes]:
    path = server.path if path is None else path
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=30)
    connection.request(method, path, headers={"Host": host} if host else {})
    response = connection.getresponse()
    return response, response.read()


def test_the_page_comes_at_the_address(server: PageServer) -> None:
    assert server.address == f"http://127.0.0.1:{server.server_port}{server.path}"
    response, body = _ask(server)
    assert response.status == 200
    assert body == PAGE
    assert response.getheader("Content-Type") == "text/html; charset=utf-8"
    assert _ask(server, host=f"localhost:{server.server_port}")[1] == PAGE


def test_nobody_can_guess_the_address(server: PageServer) -> None:
    with PageServer(PAGE) as another:
        assert another.path != server.path
        assert len(another.path) > 20
        assert _ask(server, another.path)[0].status == 404


def test_its_head_comes_without_it(server: PageServer) -> None:
    response, body = _ask(server, method="HEAD")
    assert response.status == 200
    assert response.getheader("Content-Length") == str(len(PAGE))
    assert body == b""


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1.evil.example:{port}"]
)
def test_other_hosts_are_refused(server: PageServer, host: str) -> None:
    response, body = _ask(server, host=host.format(port=server.server_port))
    assert response.status == 421
    assert PAGE not in body


@pytest.mark.parametrize(
    "path", ["/", "/organs.html", "/..", "/../../etc/passwd", "/%2e%2e/", "/?x", "/measurements.json"]
)
def test_nothing_else_is_there(server: PageServer, path: str) -> None:
    response, body = _ask(server, path)
    assert response.status == 404
    assert PAGE not in body


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE"])
def test_it_can_only_be_read(server: PageServer, method: str) -> None:
    assert _ask(server, method=method)[0].status == 501


@pytest.mark.parametrize("path", [None, "/elsewhere"])
def test_every_answer_forbids_all_that_the_page_does_not_need(server: PageServer, path: str | None) -> None:
    response, _ = _ask(server, path)
    policy = response.getheader("Content-Security-Policy", "")
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "http" not in policy
    assert response.getheader("X-Content-Type-Options") == "nosniff"
    assert response.getheader("Cross-Origin-Resource-Policy") == "same-origin"
    assert response.getheader("Cache-Control") == "no-store"
    assert response.getheader("Server") == "OrganSeg"


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have one loopback address only")
def test_only_the_loopback_address_is_listened_at(server: PageServer) -> None:
    assert server.server_address[0] == "127.0.0.1"
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", server.server_port), timeout=30)


def test_a_port_that_is_taken_is_named(server: PageServer) -> None:
    with pytest.raises(ResourceError) as caught:
        PageServer(PAGE, server.server_port)
    assert caught.value.code == "resource.port"
    assert str(server.server_port) in caught.value.sentence
    assert caught.value.next_step
