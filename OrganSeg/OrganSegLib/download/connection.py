"""A request over HTTPS by the system's certificates and proxies, led on only to servers that are foreseen."""

from __future__ import annotations

import http.client
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from .refusals import insecure, offline, refused
from .remote import RemoteFile

TIMEOUT_SECONDS = 30.0
# Where github.com sends those who ask for a file of a repository or of a release.
FORESEEN = {
    "github.com": {
        "raw.githubusercontent.com",
        "objects.githubusercontent.com",
        "release-assets.githubusercontent.com",
    }
}
BEYOND_THE_END = 416


class Stale(Exception):
    """What is here already is no part of what the server has now."""


def ask(remote: RemoteFile, headers: Mapping[str, str], loopback: bool) -> http.client.HTTPResponse:
    """The server's answer, before its content.

    Args:
        remote: what to ask for.
        headers: of the request.
        loopback: allow plain HTTP from this computer itself, for tests.

    Raises:
        DownloadError: ``download.offline``, ``download.refused`` or ``download.insecure``.
        Stale: the server has no such part.
    """
    require_secure(remote.address, loopback)
    secure = urllib.request.HTTPSHandler(context=ssl.create_default_context())
    opener = urllib.request.build_opener(secure, _SecureRedirects(loopback))
    request = urllib.request.Request(remote.address, headers=dict(headers))  # noqa: S310 - checked above
    try:
        answer: http.client.HTTPResponse = opener.open(request, timeout=TIMEOUT_SECONDS)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == BEYOND_THE_END and "Range" in headers:
            raise Stale from error
        raise refused(remote, error.code) from error
    except (OSError, http.client.HTTPException) as error:
        raise offline(remote, getattr(error, "reason", error)) from error
    except ValueError as error:
        raise insecure(f"{remote.address} leads to what is no address") from error
    return answer


def require_secure(url: str, loopback: bool) -> None:
    """Refuse whatever is not encrypted.

    Raises:
        DownloadError: ``download.insecure``.
    """
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise insecure(f"{url} is no address") from error
    if parts.hostname and parts.scheme == "https":
        return
    if not (loopback and parts.scheme == "http" and parts.hostname == "127.0.0.1"):
        raise insecure(f"{url} is not an https address")


class _SecureRedirects(urllib.request.HTTPRedirectHandler):
    """A redirect must lead neither from HTTPS to HTTP nor to a server that was not foreseen."""

    def __init__(self, loopback: bool) -> None:
        self._loopback = loopback

    def redirect_request(
        self, req: urllib.request.Request, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        old, new = urlsplit(req.full_url), urlsplit(newurl)
        # This computer is trusted with plain HTTP for tests only, and only by itself.
        require_secure(newurl, self._loopback and old.scheme == "http")
        if new.hostname != old.hostname and new.hostname not in FORESEEN.get(old.hostname or "", ()):
            raise insecure(f"{req.full_url} leads to another server, {new.hostname}")
        return super().redirect_request(req, fp, code, msg, headers, newurl)
