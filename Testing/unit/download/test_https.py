"""Who may answer: certificates, redirects, mirrors and proxies."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from OrganSegLib.download import RemoteFile, fetch
from OrganSegLib.errors import DownloadError

from Testing.unit.download.server import Served, own_certificate, serving

CONTENT = b"voxels " * 100_000


def remote(url: str) -> RemoteFile:
    return RemoteFile(url, hashlib.sha256(CONTENT).hexdigest(), len(CONTENT), command="organseg demo")


def refused(url: str, folder: Path, loopback: bool = True) -> DownloadError:
    with pytest.raises(DownloadError) as caught:
        fetch(remote(url), folder, loopback=loopback)
    assert list(folder.iterdir()) == []
    assert caught.value.next_step
    return caught.value


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return own_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def secure(certificate: Path) -> Iterator[Served]:
    with serving({"scan.nii.gz": CONTENT}, certificate) as served:
        yield served


def test_a_stranger_s_certificate_is_refused(secure: Served, tmp_path: Path) -> None:
    error = refused(f"{secure.url}/plain/scan.nii.gz", tmp_path, loopback=False)
    assert error.code == "download.insecure"
    assert "certificate of 127.0.0.1" in error.sentence
    assert "SSL_CERT_FILE" in error.next_step
    assert secure.ranges == []


@pytest.fixture
def _trusted(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))


@pytest.mark.usefixtures("_trusted")
@pytest.mark.parametrize("behaviour", ["plain", "moved", "cut"])
def test_a_certificate_that_the_system_trusts_is_good(secure: Served, tmp_path: Path, behaviour: str) -> None:
    got = fetch(remote(f"{secure.url}/{behaviour}/scan.nii.gz"), tmp_path)
    assert got.read_bytes() == CONTENT


@pytest.mark.usefixtures("_trusted")
@pytest.mark.parametrize("loopback", [True, False])
def test_no_redirect_from_https_to_http(secure: Served, tmp_path: Path, loopback: bool) -> None:
    error = refused(f"{secure.url}/plaintext/scan.nii.gz", tmp_path, loopback)
    assert error.code == "download.insecure"
    assert "not an https address" in error.sentence


@pytest.mark.parametrize("scheme", ["http", "https", "ftp"])
def test_no_redirect_to_another_server(server: Served, tmp_path: Path, scheme: str) -> None:
    error = refused(f"{server.url}/away/{scheme}/scan.nii.gz", tmp_path)
    assert error.code == "download.insecure"


def test_github_may_lead_to_its_own_servers_only() -> None:
    from urllib.request import Request

    from OrganSegLib.download.connection import _SecureRedirects

    def led(start: str, to: str) -> bool:
        asked = Request(f"https://{start}/x.zip", headers={"Range": "bytes=5-"})
        try:
            answer = _SecureRedirects(False).redirect_request(asked, None, 302, "", {}, f"https://{to}/x.zip")
        except DownloadError:
            return False
        assert answer is not None
        return answer.headers["Range"] == "bytes=5-"

    assert led("github.com", "release-assets.githubusercontent.com")
    assert led("github.com", "objects.githubusercontent.com")
    assert led("github.com", "raw.githubusercontent.com")
    assert not led("github.com", "githubusercontent.com.example.org")
    assert not led("developer.download.nvidia.com", "raw.githubusercontent.com")


def test_only_https(server: Served, tmp_path: Path) -> None:
    for url in (f"{server.url}/plain/scan.nii.gz", "file:///etc/hostname", "https:///x"):
        assert refused(url, tmp_path, loopback=False).code == "download.insecure"
    assert server.ranges == []


def test_a_failed_handshake_is_named(server: Served, tmp_path: Path) -> None:
    """The server speaks plain HTTP where TLS is expected."""
    error = refused(server.url.replace("http:", "https:") + "/plain/scan.nii.gz", tmp_path)
    assert error.code == "download.offline"
    assert "secure connection" in error.sentence


@pytest.mark.parametrize("end", ["", "/"])
def test_a_mirror_is_asked_in_place_of_the_publisher(
    server: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    monkeypatch.setenv("ORGANSEG_MIRROR", f"{server.url}/plain/models{end}")
    got = fetch(remote("https://example.org/releases/v1/scan.nii.gz"), tmp_path, loopback=True)
    assert got.read_bytes() == CONTENT
    assert server.ranges == [("/plain/models/scan.nii.gz", None)]


@pytest.mark.parametrize("mirror", ["http://127.0.0.1/plain", "file:///etc", "https://[", "mirror"])
def test_a_mirror_must_be_secure_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mirror: str) -> None:
    monkeypatch.setenv("ORGANSEG_MIRROR", mirror)
    error = refused("https://example.org/scan.nii.gz", tmp_path, loopback=False)
    assert error.code == "download.insecure"
    assert "ORGANSEG_MIRROR" in error.next_step


def test_the_environment_s_proxy_is_asked(
    server: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody listens at port 9, so only the proxy can have answered."""
    monkeypatch.setenv("NO_PROXY", "")
    monkeypatch.setenv("no_proxy", "")
    monkeypatch.setenv("http_proxy", server.url)
    got = fetch(remote("http://127.0.0.1:9/plain/scan.nii.gz"), tmp_path, loopback=True)
    assert got.read_bytes() == CONTENT
