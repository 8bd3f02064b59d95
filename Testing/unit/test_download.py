import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from OrganSegLib.download import EXAMPLE_CT, RemoteFile, fetch
from OrganSegLib.errors import Cancelled, DownloadError
from OrganSegLib.progress import Progress

CONTENT = b"voxels " * 100_000


class _Handler(BaseHTTPRequestHandler):
    requests: list[str]

    def do_GET(self) -> None:
        self.requests.append(self.path)
        if self.path.startswith("/away"):
            self.send_response(302)
            self.send_header("Location", f"{self.path[6:]}://example.org/scan.nii.gz")
            self.end_headers()
        elif self.path.startswith("/moved"):
            self.send_response(302)
            self.send_header("Location", "/scan.nii.gz")
            self.end_headers()
        elif self.path.startswith("/missing"):
            self.send_error(404)
        else:
            self.send_response(200)
            self.send_header("Content-Length", str(len(CONTENT)))
            self.end_headers()
            self.wfile.write(CONTENT[:1000] if self.path.startswith("/broken") else CONTENT)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's word
        """Keep the test's output clean."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    _Handler.requests = []
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as httpd:
        thread = threading.Thread(target=httpd.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{httpd.server_port}"
        httpd.shutdown()
        thread.join()


def remote(url: str, content: bytes = CONTENT) -> RemoteFile:
    return RemoteFile(url, hashlib.sha256(content).hexdigest(), len(content), "CC0-1.0")


def refused(file: RemoteFile, folder: Path, loopback: bool = True) -> DownloadError:
    """The error of a download that must fail and leave nothing behind."""
    with pytest.raises(DownloadError) as caught:
        fetch(file, folder, loopback=loopback)
    assert list(folder.iterdir()) == []
    assert caught.value.next_step
    return caught.value


@pytest.mark.parametrize("path", ["/scan.nii.gz", "/moved/scan.nii.gz"])
def test_fetches_reports_progress_and_fetches_once(server: str, tmp_path: Path, path: str) -> None:
    told: list[float] = []
    progress = Progress(listener=lambda stage, fraction: told.append(fraction))
    folder = tmp_path / "not yet there"

    got = fetch(remote(server + path), folder, progress, loopback=True)
    before = len(_Handler.requests)
    again = fetch(remote(server + path), folder, loopback=True)

    assert got == again == folder / "scan.nii.gz"
    assert got.read_bytes() == CONTENT
    assert told == sorted(told)
    assert told[-1] == 1.0
    assert len(_Handler.requests) == before
    assert list(folder.iterdir()) == [got]


def test_a_damaged_copy_is_fetched_again(server: str, tmp_path: Path) -> None:
    (tmp_path / "scan.nii.gz").write_bytes(b"damaged")
    got = fetch(remote(f"{server}/scan.nii.gz"), tmp_path, loopback=True)
    assert got.read_bytes() == CONTENT


@pytest.mark.parametrize("expected", [CONTENT.upper(), CONTENT + b"more", CONTENT[:-1]])
def test_another_content_is_thrown_away(server: str, tmp_path: Path, expected: bytes) -> None:
    error = refused(remote(f"{server}/scan.nii.gz", expected), tmp_path)
    assert error.code == "download.checksum"


def test_a_broken_connection_is_no_checksum_riddle(server: str, tmp_path: Path) -> None:
    error = refused(remote(f"{server}/broken/scan.nii.gz"), tmp_path)
    assert error.code == "download.offline"


@pytest.mark.usefixtures("server")
def test_offline_says_what_to_do(tmp_path: Path) -> None:
    error = refused(remote("http://127.0.0.1:9/scan.nii.gz"), tmp_path)
    assert error.code == "download.offline"
    assert "another computer" in error.next_step


def test_a_missing_file_is_refused(server: str, tmp_path: Path) -> None:
    error = refused(remote(f"{server}/missing/scan.nii.gz"), tmp_path)
    assert error.code == "download.refused"
    assert "404" in error.sentence


def test_only_https(server: str, tmp_path: Path) -> None:
    assert refused(remote(f"{server}/scan.nii.gz"), tmp_path, loopback=False).code == "download.insecure"
    assert refused(remote("file:///etc/hostname"), tmp_path).code == "download.insecure"
    assert _Handler.requests == []


@pytest.mark.parametrize("scheme", ["http", "https", "ftp"])
def test_no_redirect_to_another_server(server: str, tmp_path: Path, scheme: str) -> None:
    assert refused(remote(f"{server}/away/{scheme}"), tmp_path).code == "download.insecure"


def test_a_failed_handshake_is_named(server: str, tmp_path: Path) -> None:
    """The server speaks plain HTTP where TLS is expected."""
    error = refused(remote(server.replace("http:", "https:") + "/scan.nii.gz"), tmp_path)
    assert error.code == "download.offline"
    assert "secure connection" in error.sentence


def test_a_folder_that_cannot_be_made(server: str, tmp_path: Path) -> None:
    occupied = tmp_path / "occupied"
    occupied.write_text("a file")
    with pytest.raises(DownloadError) as caught:
        fetch(remote(f"{server}/scan.nii.gz"), occupied / "cache", loopback=True)
    assert caught.value.code == "download.not_writable"


def test_cancelled_download_leaves_nothing(server: str, tmp_path: Path) -> None:
    with pytest.raises(Cancelled):
        fetch(remote(f"{server}/scan.nii.gz"), tmp_path, Progress(cancelled=lambda: True), loopback=True)
    assert list(tmp_path.iterdir()) == []


def test_the_public_ct_is_pinned() -> None:
    assert EXAMPLE_CT.url.startswith("https://github.com/wasserth/TotalSegmentator/raw/")
    assert EXAMPLE_CT.name == "example_ct.nii.gz"
    assert len(bytes.fromhex(EXAMPLE_CT.sha256)) == 32
