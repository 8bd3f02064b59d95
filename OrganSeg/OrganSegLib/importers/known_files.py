"""Checksums of files whose publisher states none: recorded at the first installation, then compared."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

from ..bounds import read_json, shown
from ..errors import ModelError
from ..locks import held
from ..resources import models_dir
from .catalogue import SHA256, PublicFile

RECORD, LOCK = "checksums.json", ".checksums.lock"
WAIT_SECONDS = 10.0
COMMENT = "SHA-256 of downloaded files at their first installation. A file that differs from it is refused."


@dataclass(frozen=True)
class KnownFile:
    """What an address gave at first.

    Attributes:
        sha256: hexadecimal.
        recorded: day, as ``2026-11-21``.
    """

    sha256: str
    recorded: str

    def __post_init__(self) -> None:
        """Refuse what cannot be right.

        Raises:
            TypeError, ValueError: it is no checksum or no day.
        """
        date.fromisoformat(self.recorded)
        if not self.sha256 or not SHA256.fullmatch(self.sha256):
            raise ValueError(f"{shown(self.sha256)} is no checksum")


def known_files() -> dict[str, KnownFile]:
    """URL -> what was installed from there at first.

    Raises:
        ModelError: ``model.checksum_record`` when the record cannot be read.
    """
    try:
        files = read_json(record_path())["files"]
        return {url: KnownFile(**facts) for url, facts in files.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise ModelError(
            "model.checksum_record",
            f"The record of downloaded files '{record_path()}' cannot be read.",
            "Remove it, and what is downloaded from then on is recorded anew.",
        ) from error


def require_unchanged(url: str, digest: str) -> None:
    """Refuse a file that differs from what the same address gave at first.

    Raises:
        ModelError: ``model.checksum_changed`` or ``model.checksum_record``.
    """
    known = known_files().get(url)
    if known and known.sha256 != digest:
        raise ModelError(
            "model.checksum_changed",
            f"{url} is not the file that was first installed here on {known.recorded}: its SHA-256 was "
            f"{known.sha256} and is {digest}. It was not installed.",
            f"Ask its makers whether they published a new version. If so, remove it from '{record_path()}'.",
        )


def record(digests: Mapping[str, str]) -> None:
    """Keep the SHA-256 of addresses that are not known yet.

    Raises:
        ModelError: ``model.checksum_record``.
        OSError, Busy: it cannot be written.
    """
    with held(models_dir() / LOCK, WAIT_SECONDS):
        today = date.today().isoformat()
        files = {url: KnownFile(digest, today) for url, digest in digests.items()} | known_files()
        text = json.dumps(
            {"comment": COMMENT, "files": {url: asdict(file) for url, file in files.items()}}, indent=1
        )
        # `remove_unfinished` knows it by its name.
        with tempfile.TemporaryDirectory(dir=models_dir(), prefix=".checksums.") as aside:
            new = Path(aside) / RECORD
            new.write_text(f"{text}\n", encoding="utf-8")
            os.replace(new, record_path())


def checksum_words(file: PublicFile) -> str:
    """What a file is checked against.

    Raises:
        ModelError: ``model.checksum_record``.
    """
    if file.pinned:
        return f"SHA-256 {file.sha256}" if file.sha256 else f"MD5 {file.md5}"
    if known := known_files().get(file.url):
        return f"SHA-256 {known.sha256}, on record since {known.recorded}"
    return "its publisher states no checksum; that of the first installation is recorded"


def record_path() -> Path:
    """Where the record lies, for people to read."""
    return models_dir() / RECORD
