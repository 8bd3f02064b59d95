"""Fetches public files: HTTPS only, into a temporary name, checked against a pinned SHA-256, then renamed."""

from __future__ import annotations

import http.client
import os
import ssl
import tempfile
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from .errors import DownloadError
from .progress import Progress
from .resources import cache_dir
from .sealed import sha256

TIMEOUT_SECONDS = 30.0
CHUNK = 2**18
FILES_OF_GITHUB = "raw.githubusercontent.com"  # where github.com sends those who ask for a file


@dataclass(frozen=True)
class RemoteFile:
    """A file whose content is known in advance.

    Attributes:
        url: where it lies; the content behind it must never change.
        sha256: of its content, hexadecimal.
        size: bytes.
        licence: under which it is published.
    """

    url: str
    sha256: str
    size: int
    licence: str

    @property
    def name(self) -> str:
        """File name, the last part of the URL."""
        return urlsplit(self.url).path.rpartition("/")[2]


# Abdomen and pelvis of one person, 3 mm voxels. Pinned to the commit that brought the file.
EXAMPLE_CT = RemoteFile(
    url="https://github.com/wasserth/TotalSegmentator/raw/0effae9d718aab0c118ce1f8982dcd16b9e32a50"
    "/tests/reference_files/example_ct.nii.gz",
    sha256="dbd3ae6d614d1d7ef3a46925c30c70038ed52da6b37fdd6afdc7b9b71387e3e1",
    size=2206612,
    licence="Apache-2.0",
)


def fetch(
    remote: RemoteFile, folder: Path | None = None, progress: Progress = Progress(), loopback: bool = False
) -> Path:
    """The file on this computer, downloaded unless it is there already.

    Proxies are those of the environment (``HTTPS_PROXY``).

    Args:
        remote: what to fetch.
        folder: where to keep it; the user's cache when None.
        progress: told about the bytes.
        loopback: allow plain HTTP from this computer itself, for tests.

    Raises:
        DownloadError: ``download.offline``, ``download.refused``, ``download.insecure``,
            ``download.checksum`` or ``download.not_writable``; nothing is left under the final name then.
        Cancelled: when the user asked to stop.
    """
    path = (folder or cache_dir() / "downloads") / remote.name
    if path.is_file() and sha256(path) == remote.sha256:
        return path
    _require_secure(remote.url, loopback)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".download-", dir=path.parent) as aside:
            new = Path(aside) / remote.name
            _download(remote, new, progress, loopback)
            os.replace(new, path)
    except OSError as error:
        raise DownloadError(
            "download.not_writable",
            f"The downloaded file could not be stored in {path.parent}: {error.strerror or error}.",
            "Free some space, or name another folder in the environment variable ORGANSEG_CACHE.",
        ) from error
    return path


def _download(remote: RemoteFile, path: Path, progress: Progress, loopback: bool) -> None:
    received = 0
    with _open(remote, loopback) as answer, path.open("wb") as file:
        # One byte too many is enough to know that it is another file.
        while received <= remote.size and (data := _read(answer, remote)):
            file.write(data)
            received += len(data)
            progress.report("Downloading", min(1.0, received / remote.size))
    if received <= remote.size and answer.length:
        raise _offline(remote, "the connection broke off")
    if sha256(path) != remote.sha256:
        raise DownloadError(
            "download.checksum",
            f"What was downloaded from {remote.url} is not the expected file; it was thrown away.",
            "Try again. If it happens again, a proxy or firewall answers in place of the server.",
        )


def _open(remote: RemoteFile, loopback: bool) -> http.client.HTTPResponse:
    opener = urllib.request.build_opener(
        urllib.request.HTTPSHandler(context=ssl.create_default_context()), _SecureRedirects(loopback)
    )
    try:
        answer: http.client.HTTPResponse = opener.open(remote.url, timeout=TIMEOUT_SECONDS)
    except urllib.error.HTTPError as error:
        raise DownloadError(
            "download.refused",
            f"The server refused {remote.url}: {error.code} {error.reason}.",
            _by_hand(remote),
        ) from error
    except (OSError, http.client.HTTPException) as error:
        raise _offline(remote, getattr(error, "reason", error)) from error
    return answer


def _read(answer: http.client.HTTPResponse, remote: RemoteFile) -> bytes:
    try:
        return answer.read(CHUNK)
    except (OSError, http.client.HTTPException) as error:
        raise _offline(remote, error) from error


class _SecureRedirects(urllib.request.HTTPRedirectHandler):
    """A redirect must lead neither from HTTPS to HTTP nor to a server that was not foreseen."""

    def __init__(self, loopback: bool) -> None:
        self._loopback = loopback

    def redirect_request(
        self, req: urllib.request.Request, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        _require_secure(newurl, self._loopback)
        if urlsplit(newurl).hostname not in (urlsplit(req.full_url).hostname, FILES_OF_GITHUB):
            raise _insecure(f"{req.full_url} leads to another server, {urlsplit(newurl).hostname}")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _require_secure(url: str, loopback: bool) -> None:
    parts = urlsplit(url)
    if parts.scheme == "https" or (loopback and parts.scheme == "http" and parts.hostname == "127.0.0.1"):
        return
    raise _insecure(f"{url} is not an https address")


def _insecure(reason: str) -> DownloadError:
    return DownloadError(
        "download.insecure",
        f"The download would not be secure: {reason}. Nothing was fetched.",
        "Use a network that does not redirect downloads.",
    )


def _offline(remote: RemoteFile, reason: object) -> DownloadError:
    why = (
        "no secure connection, the certificate may be that of a proxy"
        if isinstance(reason, ssl.SSLError)
        else reason
    )
    return DownloadError(
        "download.offline",
        f"{urlsplit(remote.url).hostname} could not be reached ({why}).",
        f"Check the internet connection and the proxy. {_by_hand(remote)}",
    )


def _by_hand(remote: RemoteFile) -> str:
    return (
        f"Or fetch {remote.url} on another computer, copy it here and run: "
        f"organseg segment {remote.name} -o demo-output"
    )
