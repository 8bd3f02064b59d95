"""The part of a file that came so far, kept beside its place so that a broken download can go on."""

from __future__ import annotations

import http.client
import json
import os
import re
from pathlib import Path
from typing import Any, BinaryIO

from ..bounds import read_json
from .connection import Stale
from .remote import RemoteFile

PART, STATE = ".part", ".part.json"
LENGTH = re.compile("[0-9]{1,15}")
SPAN = re.compile("bytes ([0-9]{1,15})-[0-9]+/([0-9]{1,15})")


class Partial:
    """What came so far of a file, and of which version; both private to the user.

    Args:
        remote: of which file.
        folder: where the whole file shall lie.
    """

    def __init__(self, remote: RemoteFile, folder: Path) -> None:
        self._remote = remote
        self.path = folder / f".{remote.name}{PART}"
        self._notes = folder / f".{remote.name}{STATE}"

    @property
    def size(self) -> int:
        """Bytes that are here."""
        return self.path.stat().st_size if self.path.exists() else 0

    @property
    def is_whole(self) -> bool:
        """Whether all was here already when the process ended."""
        return self.size > 0 and self._known().get("size") == self.size

    def request(self) -> dict[str, str]:
        """Headers that ask for the rest alone, where it can be told that the rest belongs to this part."""
        version = self._known().get("version")
        if not self.size or not (version or self._remote.pinned):
            return {}
        headers = {"Range": f"bytes={self.size}-"}
        return {**headers, "If-Range": version} if version else headers

    def begin(self, answer: http.client.HTTPResponse) -> int | None:
        """Make ready for what the server sends: the rest, or all of it anew.

        Returns:
            Bytes of the whole file, where the server tells.

        Raises:
            Stale: it sends a part that does not fit.
            OSError: nothing can be written.
        """
        length = answer.headers.get("Content-Length", "")
        version = _version(answer)
        if answer.status == http.client.PARTIAL_CONTENT:
            span = SPAN.fullmatch(answer.headers.get("Content-Range", ""))
            if not span or int(span[1]) != self.size or self._known().get("version") != version:
                raise Stale
            return int(span[2])
        size = int(length) if LENGTH.fullmatch(length) else None
        self.discard()
        with _private(self._notes, os.O_TRUNC) as file:
            facts = {"address": self._remote.address, "version": version, "size": size}
            file.write(json.dumps(facts).encode())
        return size

    def open(self) -> BinaryIO:
        """The part, to write on at its end."""
        return _private(self.path, os.O_APPEND)

    def discard(self) -> None:
        """Forget what came so far."""
        self.path.unlink(missing_ok=True)
        self._notes.unlink(missing_ok=True)

    def keep(self, path: Path) -> None:
        """Give the whole file its name."""
        os.replace(self.path, path)
        self._notes.unlink(missing_ok=True)

    def _known(self) -> dict[str, Any]:
        """What was noted when the part began; nothing where it came from elsewhere or cannot be read."""
        try:
            facts = read_json(self._notes)
        except (OSError, ValueError):
            return {}
        here = isinstance(facts, dict) and facts.get("address") == self._remote.address
        return facts if here else {}


def _version(answer: http.client.HTTPResponse) -> str | None:
    """What tells this content from any other: a strong entity tag, or else the time of its last change."""
    tag = answer.headers.get("ETag", "")
    return tag if tag.startswith('"') else answer.headers.get("Last-Modified")


def _private(path: Path, how: int) -> BinaryIO:
    flags = os.O_WRONLY | os.O_CREAT | how | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
    return os.fdopen(os.open(path, flags, 0o600), "wb" if how == os.O_TRUNC else "ab")
