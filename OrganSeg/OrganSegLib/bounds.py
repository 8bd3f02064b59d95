"""What a file from a stranger may say: what is larger, longer or odder is refused before it costs anything.

Functions give back what they were given, or raise a ValueError that says what is wrong with it.
"""

from __future__ import annotations

import json
import re
from pathlib import Path, PureWindowsPath
from typing import Any

JSON_BYTES = 16 * 2**20
LINE, SHOWN = 2000, 300  # characters
# Organs name files: first a letter or digit of any language, then no separator, nothing that a shell, a
# spreadsheet or a terminal would act on.
NAME = re.compile(r"\w[\w .,()+-]{0,63}")
CODE = re.compile(r"[^~^|\\]{0,64}")  # the others are signs of DICOM and of Slicer's terminologies
DEPTH, ENTRIES, LARGEST = 12, 64, 4096  # of arguments: the widest layers in use have 3072, ensembles nest


def read_json(path: Path) -> Any:
    """The contents of a JSON file.

    Raises:
        OSError: it cannot be read.
    """
    if not path.is_file():
        raise FileNotFoundError(path)  # a pipe would never end
    with path.open("rb") as file:
        text = file.read(JSON_BYTES + 1)
    if len(text) > JSON_BYTES:
        raise ValueError(f"it is larger than {JSON_BYTES} bytes")
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def within(low: float, value: float, high: float) -> float:
    """A number between two others, which infinite and undefined ones never are."""
    if not isinstance(value, int | float) or not low <= value <= high:
        raise ValueError(f"{value} is not between {low} and {high}")
    return value


def line(text: Any) -> str:
    """Words that may be shown and logged: they cannot end a line or command a terminal."""
    if not isinstance(text, str) or len(text) > LINE or not text.isprintable():
        raise ValueError(f"{shown(repr(text))} is no single line of text")
    return text


def shown(words: object) -> str:
    """What a library or a stranger says, as much and as harmless as a sentence for a user can hold."""
    text = "".join(letter if letter.isprintable() else " " for letter in str(words)[:SHOWN])
    return " ".join(text.split())


def cell(text: str) -> str:
    """A name in a table: what a spreadsheet would take for a formula begins with an apostrophe."""
    formula = text[:1] in "=+@\t\r" or (text[:1] == "-" and any(letter.isalpha() for letter in text))
    return f"'{text}" if text and formula else text


def name(text: Any) -> str:
    """A name that can be a file's on any system."""
    if not NAME.fullmatch(line(text)) or PureWindowsPath(text).is_reserved():
        raise ValueError(f"{shown(repr(text))} is no name")
    return str(text)


def code(text: Any) -> str:
    """A part of a coded concept."""
    if not CODE.fullmatch(line(text)):
        raise ValueError(f"{shown(repr(text))} is no part of a code")
    return str(text)


def arguments(value: Any, depth: int = DEPTH) -> Any:
    """A network's arguments: small numbers, short names, few of them."""
    if depth == 0:
        raise ValueError("the network's arguments are nested too deeply")
    if isinstance(value, dict | list):
        if len(value) > ENTRIES:
            raise ValueError(f"the network has a list of {len(value)} arguments")
        for entry in value.values() if isinstance(value, dict) else value:
            arguments(entry, depth - 1)
    elif isinstance(value, str):
        line(value)
    elif value is not None:
        within(-LARGEST, value, LARGEST)
    return value
