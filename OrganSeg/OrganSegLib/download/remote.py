"""What is fetched: where it lies, and how what comes is known to be right."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from ..sealed import sha256

MIRROR = "ORGANSEG_MIRROR"  # an https address with the same files, flat in one folder


@dataclass(frozen=True)
class RemoteFile:
    """A file that others publish.

    Attributes:
        url: where it lies; the content behind it must never change.
        sha256: of its content, hexadecimal; empty where nobody states one.
        size: bytes, or None where nobody states them.
        licence: under which it is published.
        md5: of its content; what some publishers state in place of SHA-256.
        command: what to run once somebody carried the file to this computer.
    """

    url: str
    sha256: str = ""
    size: int | None = None
    licence: str = ""
    md5: str = ""
    command: str = ""

    @property
    def name(self) -> str:
        """File name, the last part of the URL."""
        return urlsplit(self.url).path.rpartition("/")[2]

    @property
    def address(self) -> str:
        """Where to fetch it: at the mirror that the environment names, or where its publisher keeps it."""
        mirror = os.environ.get(MIRROR)
        return f"{mirror.rstrip('/')}/{self.name}" if mirror else self.url

    @property
    def pinned(self) -> bool:
        """Whether its content is known in advance."""
        return bool(self.sha256 or self.md5)

    @property
    def by_hand(self) -> str:
        """How to do without a connection."""
        return f"Or fetch {self.url} on another computer, copy it here and run: {self.command}"

    def fits(self, path: Path) -> bool:
        """Whether a file has all that is known of this one's content.

        Raises:
            OSError: it cannot be read.
        """
        if self.sha256:
            return sha256(path) == self.sha256
        return self.size in (None, path.stat().st_size) and self.md5 in ("", _md5(path))


# Abdomen and pelvis of one person, 3 mm voxels. Pinned to the commit that brought the file.
EXAMPLE_CT = RemoteFile(
    url="https://github.com/wasserth/TotalSegmentator/raw/0effae9d718aab0c118ce1f8982dcd16b9e32a50"
    "/tests/reference_files/example_ct.nii.gz",
    sha256="dbd3ae6d614d1d7ef3a46925c30c70038ed52da6b37fdd6afdc7b9b71387e3e1",
    size=2206612,
    licence="Apache-2.0",
    command="organseg segment example_ct.nii.gz -o demo-output",
)


def _md5(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
