"""One file from its server to this computer: whole and checked under its name, or not at all."""

from __future__ import annotations

import http.client
import shutil
from pathlib import Path

from ..errors import DownloadError, OrganSegError
from ..locks import Busy, held
from ..progress import Progress
from ..resources import cache_dir
from .connection import Stale, ask, require_secure
from .partial import Partial
from .refusals import busy, no_space, not_stored, offline, unexpected
from .remote import RemoteFile

CHUNK = 2**18
ATTEMPTS = 5  # as long as each brings more than the one before
MOST_BYTES = 2**34  # of a file whose size nobody states


class _Cut(Exception):
    """The connection broke off; what came so far is kept."""


def downloads_dir() -> Path:
    """Where files are kept that nobody gave another place."""
    return cache_dir() / "downloads"


def fetch(
    remote: RemoteFile, folder: Path | None = None, progress: Progress = Progress(), loopback: bool = False
) -> Path:
    """The file on this computer, downloaded unless it is there already.

    Proxies are those of the environment (``HTTPS_PROXY``), certificates those of the system or of
    ``SSL_CERT_FILE``; ``ORGANSEG_MIRROR`` names a server to ask in place of the publisher's.

    Args:
        remote: what to fetch.
        folder: where to keep it; the user's cache when None.
        progress: told about the bytes.
        loopback: allow plain HTTP from this computer itself, for tests.

    Raises:
        DownloadError: ``download.offline``, after which the next call goes on where this one stopped, or
            ``download.refused``, ``download.insecure``, ``download.checksum``, ``download.no_space``,
            ``download.not_writable`` or ``download.busy``, which leave nothing behind.
        Cancelled: when the user asked to stop; nothing is left behind then.
    """
    folder = folder or downloads_dir()
    path = folder / remote.name
    try:
        if path.is_file() and remote.fits(path):
            return path
        require_secure(remote.address, loopback)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with held(folder / f".{remote.name}.lock"):
            part = Partial(remote, folder)
            _complete(remote, part, progress, loopback)
            part.keep(path)
    except Busy as error:
        raise busy(remote) from error
    except OSError as error:
        raise not_stored(folder, error) from error
    return path


def require_space(folder: Path, needed: int) -> None:
    """Refuse what the disk cannot hold before anything is fetched.

    Raises:
        DownloadError: ``download.no_space``.
        OSError: the disk does not tell.
    """
    nearest = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    free = shutil.disk_usage(nearest).free
    if needed > free:
        raise no_space(folder, f"{needed / 1e6:.0f} MB are needed, {free / 1e6:.0f} MB are free")


def _complete(remote: RemoteFile, part: Partial, progress: Progress, loopback: bool) -> None:
    """Bring the part to its end and check it; what cannot become the file is removed."""
    try:
        _receive_all(remote, part, progress, loopback)
        if not remote.fits(part.path):
            raise unexpected(remote)
    except (OrganSegError, OSError) as error:
        if not (isinstance(error, DownloadError) and error.code == "download.offline"):
            part.discard()
        raise


def _receive_all(remote: RemoteFile, part: Partial, progress: Progress, loopback: bool) -> None:
    for attempt in range(1, ATTEMPTS + 1):
        before = part.size
        try:
            if not part.is_whole:
                _receive(remote, part, progress, loopback)
            return
        except Stale:
            part.discard()
        except _Cut as cut:
            if attempt == ATTEMPTS or part.size <= before:
                raise offline(remote, cut) from cut
    raise offline(remote, "the server sent parts that do not belong together")


def _receive(remote: RemoteFile, part: Partial, progress: Progress, loopback: bool) -> None:
    with ask(remote, part.request(), loopback) as answer:
        size = part.begin(answer)
        if size is not None and (size > MOST_BYTES or remote.size not in (None, size)):
            raise unexpected(remote)
        expected = size or remote.size
        received = part.size
        require_space(part.path.parent, (expected or 0) - received)
        with part.open() as file:
            # One byte too many is enough to know that it is another file.
            while received != size and received <= (remote.size or MOST_BYTES) and (data := _read(answer)):
                file.write(data)
                received += len(data)
                progress.report("Downloading", min(1.0, received / expected) if expected else 0.0)
    if size is not None and received < size:
        raise _Cut("the connection broke off")


def _read(answer: http.client.HTTPResponse) -> bytes:
    """What has come by now, so that a slow server delays neither progress nor a cancel."""
    try:
        return answer.read1(CHUNK)
    except (OSError, http.client.HTTPException) as error:
        raise _Cut(error) from error
