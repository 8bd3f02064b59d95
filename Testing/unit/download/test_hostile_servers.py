"""Answers that no honest server gives, as a mirror might: each is refused by name, and nothing stays."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from OrganSegLib.download import RemoteFile, fetch
from OrganSegLib.errors import DownloadError

pytestmark = pytest.mark.usefixtures("_direct")

OK, PART, FOUND = b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 206 Part\r\n", b"HTTP/1.1 302 Found\r\n"


@pytest.fixture
def _direct(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def answering() -> Iterator[Callable[[bytes], RemoteFile]]:
    """Makes a server that says the same to everybody, and gives a file there."""
    listeners: list[socket.socket] = []

    def answer(said: bytes) -> RemoteFile:
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)
        threading.Thread(target=_say, args=(listener, said), daemon=True).start()
        return RemoteFile(f"http://127.0.0.1:{listener.getsockname()[1]}/f.zip", command="organseg")

    yield answer
    for listener in listeners:
        listener.close()


def _say(listener: socket.socket, said: bytes) -> None:
    while True:
        try:
            peer, _ = listener.accept()
        except OSError:
            return
        with peer:
            peer.recv(2**16)
            peer.sendall(said)


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (FOUND + b"Location: https://[\r\n\r\n", "download.insecure"),
        (FOUND + b"Location: https://evil\x1bexample\r\n\r\n", "download.insecure"),
        (FOUND + b"Location: http://127.0.0.1:none/\r\n\r\n", "download.offline"),
        (FOUND + b"Location: file:///etc/passwd\r\n\r\n", "download.refused"),
        (PART + b"Content-Range: bytes 0-1/" + b"9" * 5000 + b"\r\n\r\nab", "download.offline"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n-5\r\nabc", "download.offline"),
        (b"HTTP/1.1 999999 x\r\n\r\n", "download.offline"),
        (OK + b"A: b\r\n" * 200 + b"\r\n", "download.offline"),
    ],
)
def test_nonsense_is_refused(
    said: bytes, code: str, answering: Callable[[bytes], RemoteFile], tmp_path: Path
) -> None:
    with pytest.raises(DownloadError) as caught:
        fetch(answering(said), tmp_path, loopback=True)
    assert caught.value.code == code
    assert caught.value.sentence.isprintable()
    assert not (tmp_path / "f.zip").exists()


@pytest.mark.parametrize("length", [b"\xb2", b"9" * 5000, b"-5", b"two"])
def test_a_length_that_is_none_counts_as_unknown(
    length: bytes, answering: Callable[[bytes], RemoteFile], tmp_path: Path
) -> None:
    remote = answering(OK + b"Content-Length: " + length + b"\r\n\r\nab")
    assert fetch(remote, tmp_path, loopback=True).read_bytes() == b"ab"
