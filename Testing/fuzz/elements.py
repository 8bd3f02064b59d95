"""DICOM files as lists of elements, which may be missing, doubled, of the wrong kind or the wrong length."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import pydicom
from pydicom.datadict import tag_for_keyword
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

# Explicit VR: these have a length of four bytes (DICOM PS3.5 7.1.2).
LONG = {"OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"}


@dataclass(frozen=True)
class Element:
    """One data element; ``length`` is what it claims, its value's own where None."""

    tag: int
    vr: str
    value: bytes
    length: int | None = None

    def encode(self) -> bytes:
        """Explicit VR, little endian."""
        claimed = len(self.value) if self.length is None else self.length
        long = self.vr in LONG
        head = struct.pack("<HH2s", self.tag >> 16, self.tag & 0xFFFF, self.vr.encode())
        size = struct.pack("<xxI", claimed) if long else struct.pack("<H", claimed & 0xFFFF)
        return head + size + self.value


def tag(keyword: str) -> int:
    found = tag_for_keyword(keyword)
    assert found is not None
    return found


def parse(content: bytes) -> tuple[Element, ...]:
    """The elements of an uncompressed file with explicit VR, without its meta information."""
    data = pydicom.dcmread(BytesIO(content))
    raw = [data.get_item(key) for key in data.keys()]  # noqa: SIM118 iterating would convert the values
    return tuple(Element(int(one.tag), str(one.VR), _raw(one.value)) for one in raw)


def _raw(value: Any) -> bytes:
    """pydicom converts the character set at once, and nothing else."""
    return value if isinstance(value, bytes) else str(value).encode()


def encode(elements: Iterable[Element]) -> bytes:
    return b"".join(element.encode() for element in elements)


def file(body: bytes, syntax: str = ExplicitVRLittleEndian) -> bytes:
    """A DICOM file: preamble, meta information that states ``syntax``, ``body``."""
    meta = [
        Element(0x00020001, "OB", b"\0\1"),
        Element(0x00020002, "UI", _even(CTImageStorage)),
        Element(0x00020010, "UI", _even(syntax)),
    ]
    length = Element(0x00020000, "UL", struct.pack("<I", len(encode(meta))))
    return bytes(128) + b"DICM" + encode([length, *meta]) + body


def _even(uid: str) -> bytes:
    return uid.encode() + b"\0" * (len(uid) % 2)


def sorted_in(elements: Iterable[Element], more: Iterable[Element]) -> list[Element]:
    """``elements`` with ``more`` of them at their places in ascending order of tags."""
    return sorted([*elements, *more], key=lambda element: element.tag)
