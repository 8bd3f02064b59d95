"""Why nothing was fetched."""

from __future__ import annotations

import http.client
import ssl
from pathlib import Path
from urllib.parse import urlsplit

from ..bounds import shown
from ..errors import FULL, DownloadError
from .remote import RemoteFile


def offline(remote: RemoteFile, reason: object) -> DownloadError:
    """The server cannot be reached, or no longer."""
    if isinstance(reason, ssl.SSLCertVerificationError):
        return _untrusted(remote, reason)
    why = "no secure connection" if isinstance(reason, ssl.SSLError) else shown(reason)
    return DownloadError(
        "download.offline",
        f"{urlsplit(remote.address).hostname} could not be reached ({why}).",
        f"Check the internet connection and the proxy. {remote.by_hand}",
    )


def refused(remote: RemoteFile, status: int) -> DownloadError:
    """The server answers, but not with the file."""
    reason = http.client.responses.get(status, "")
    return DownloadError(
        "download.refused",
        f"The server refused {remote.address}: {status} {reason}.",
        f"{'Try again later. ' if status >= 500 else ''}{remote.by_hand}",
    )


def insecure(reason: str) -> DownloadError:
    """Somebody else could answer in place of the server."""
    return DownloadError(
        "download.insecure",
        f"The download would not be secure: {shown(reason)}. Nothing was fetched.",
        "Use a network that does not redirect downloads, and check ORGANSEG_MIRROR if you set it.",
    )


def unexpected(remote: RemoteFile) -> DownloadError:
    """What came is another file."""
    return DownloadError(
        "download.checksum",
        f"What was downloaded from {remote.address} is not the expected file; it was thrown away.",
        "Try again. If it happens again, a proxy or firewall answers in place of the server.",
    )


def no_space(folder: Path, reason: str) -> DownloadError:
    """The disk is full, or would be."""
    return DownloadError(
        "download.no_space",
        f"There is too little space in {folder}: {reason}.",
        "Free some space, or name another folder in the environment variable ORGANSEG_CACHE.",
    )


def busy(remote: RemoteFile) -> DownloadError:
    """Another process fetches the same file."""
    return DownloadError(
        "download.busy",
        f"{remote.name} is being downloaded already, by another window or command.",
        "Wait until that is done, then try again.",
    )


def not_stored(folder: Path, error: OSError) -> DownloadError:
    """The file cannot be written."""
    reason = error.strerror or str(error)
    if error.errno in FULL:
        return no_space(folder, reason)
    return DownloadError(
        "download.not_writable",
        f"The downloaded file could not be stored in {folder}: {reason}.",
        "Name another folder in the environment variable ORGANSEG_CACHE.",
    )


def _untrusted(remote: RemoteFile, reason: ssl.SSLCertVerificationError) -> DownloadError:
    return DownloadError(
        "download.insecure",
        f"The certificate of {urlsplit(remote.address).hostname} is not one that this computer trusts "
        f"({shown(reason.verify_message)}). Nothing was fetched.",
        "If it is that of your proxy, name its certificate file in the environment variable SSL_CERT_FILE; "
        f"its administrators have it. {remote.by_hand}",
    )
