"""Files that are there as a whole or not at all, and what is told when they are damaged."""

from __future__ import annotations

import csv
import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from OrganSegLib.scratch import PrivateFolder

from .errors import DataError


def plain_name(path: Path) -> str:
    """The name of a file or folder without the endings of image formats and archives."""
    from OrganSegLib.ingest.locate import IMAGE_FORMATS

    name = path.name
    for ending in (*sorted(IMAGE_FORMATS, key=len, reverse=True), ".seg", ".zip"):  # .nii.gz before .nii
        name = name[: -len(ending)] if name.lower().endswith(ending) else name
    return name


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A name in a private folder beside ``path``, to write to; it takes its place when the block ends well.

    Nobody else reads what is unfinished, and what a killed process left goes when the next file is written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with PrivateFolder(path.parent) as private:
        yield private / path.name
        os.replace(private / path.name, path)


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def write_json(path: Path, facts: Any) -> None:
    """Write JSON for programs that people can read, too."""
    write_text(path, json.dumps(facts, indent=1) + "\n")


def write_csv(path: Path, heading: Sequence[str], rows: Iterable[Iterable[object]]) -> None:
    """Write a table; None is an empty cell, and numbers carry a decimal point in any language."""
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(heading)
        writer.writerows(rows)


@contextmanager
def read_json(path: Path, code: str, next_step: str) -> Iterator[Any]:
    """The contents of a JSON file, to be turned into values within the block.

    Raises:
        DataError: ``code`` when the file is missing or broken, or when it holds something else than the block
            asks for.
    """
    try:
        yield json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(code, f"{path} is missing or damaged.", next_step) from error


def checksum(path: Path) -> str:
    """SHA-256 of a file, or of all files below a folder in the order of their names.

    Raises:
        DataError: ``data.missing_file``.
    """
    digest = hashlib.sha256()
    files = sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]
    try:
        for file in files:
            with file.open("rb") as stream:
                while block := stream.read(2**20):
                    digest.update(block)
    except OSError as error:
        sentence = f"{path} is missing or cannot be read."
        raise DataError("data.missing_file", sentence, "Check its name and rights.") from error
    return digest.hexdigest()
