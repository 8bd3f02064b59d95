"""A sealed folder is whole and unchanged, or it is not used: written at once, with checksums."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CHECKSUMS = "SHA256SUMS"


def sha256(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def write_sealed(folder: Path) -> Iterator[Path]:
    """A temporary folder to fill; on success it gets its checksums and takes the place of ``folder``.

    Raises:
        OSError: when the folder cannot be written; an older one is then left as it was.
    """
    folder = folder.absolute()
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}.") as temporary:
        new = Path(temporary) / "new"
        new.mkdir()
        yield new
        for path in new.iterdir():
            path.chmod(0o644)  # safetensors writes for the owner alone; an installation serves all users
        lines = [f"{sha256(path)}  {path.name}\n" for path in sorted(new.iterdir())]
        (new / CHECKSUMS).write_text("".join(lines), encoding="utf-8", newline="\n")
        if folder.exists():
            folder.rename(Path(temporary) / "old")
        new.rename(folder)


def damage(folder: Path, required: tuple[str, ...]) -> str | None:
    """What is wrong with a sealed folder, or None where all is well.

    Args:
        folder: to compare with its ``SHA256SUMS`` (the format of the command ``sha256sum``).
        required: files that must be listed there.
    """
    try:
        lines = (folder / CHECKSUMS).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return f"its file {CHECKSUMS} cannot be read"
    sums = {name: digest for digest, _, name in (line.partition("  ") for line in lines)}
    for name in required:
        if name not in sums:
            return f"{CHECKSUMS} does not list {name}"
    for name, digest in sums.items():
        path = folder / name
        if path.resolve().parent != folder.resolve():
            return f"{name} lies outside of the folder"
        if not path.is_file() or sha256(path) != digest:
            return f"{name} is missing or differs from its checksum"
    return None
